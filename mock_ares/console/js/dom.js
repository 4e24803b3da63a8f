// Making elements. Strings become text nodes and nothing else: what a request said is never markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * h("p", {class: "soft", onclick: f, "aria-label": "x", hidden: true}, "text", node, [more]).
 * Attributes that are null, undefined or false are left out; children that are so, too.
 */
export function h(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else if (name === "checked") element.checked = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child);
  }
}

/** New children in the old ones' place. */
export function put(element, ...children) {
  const fresh = document.createDocumentFragment();
  append(fresh, children);
  element.replaceChildren(fresh);
  return element;
}

export function icon(name) {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/** Sets text only where it differs, so that a screen reader is not told what it knows. */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A sentence of the fake's: what stands in backticks is code. */
export function prose(text) {
  return text.split("`").map((part, index) => (index % 2 === 1 ? h("code", null, part) : part));
}

export const byId = (id) => document.getElementById(id);

/** A labelled control; the label's `for` and the control's id are made to fit. */
export function field(label, control, { hint = null, className = null } = {}) {
  control.id ||= freshId();
  const described = hint && h("p", { class: "hint", id: freshId() }, prose(hint));
  if (described) control.setAttribute("aria-describedby", described.id);
  return h("div", { class: className ?? "field" }, h("label", { for: control.id }, label), control, described);
}

let ids = 0;
export const freshId = () => `n${++ids}`;

/** Options for a select: texts, or [value, text]. Keeps the choice where it is still there. */
export function options(select, items, chosen = select.value) {
  const wanted = items.map((item) => (Array.isArray(item) ? item : [item, item]));
  const before = [...select.options].map((option) => `${option.value}\0${option.text}`).join("\n");
  if (before !== wanted.map(([value, text]) => `${value}\0${text}`).join("\n")) {
    put(select, wanted.map(([value, text]) => h("option", { value }, text)));
  }
  select.value = wanted.some(([value]) => value === chosen) ? chosen : (wanted[0]?.[0] ?? "");
}

/** Runs a function once before the next frame, however often it was asked to. */
export function eachFrame(run) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    const once = () => {
      if (!asked) return;
      asked = false;
      run();
    };
    // A page that nobody looks at gets no frames, but should be right when somebody does.
    if (document.hidden) setTimeout(once, 200);
    else requestAnimationFrame(once);
  };
}
