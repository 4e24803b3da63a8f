// The harness's eyes in a page that is on trial. They run in a world of their own: they see the page's elements, and no
// script of the page sees them. `told` is the harness's ear, and WORDS are its selectors; both are put there by tab.py.

globalThis.eyes = (({ answer, error, busy, as }) => {
  let old = { answers: new Map(), errors: new Map() };
  let [text, busySeen, changed, asked, latest] = ["", false, 0, 0, ""];
  let [due, cost, lastLook] = [null, 0, 0];
  let [frame, gap, began] = [0, 0, 0];
  let onlyOne = null; // the one answer that stood there before the question, until it is written to
  const watched = new WeakSet();

  // "a >>> b" is b inside a: in its open shadow root, or, where a is a frame of the page's origin, in its document.
  const inside = (host) => host.shadowRoot ?? host.contentDocument ?? null;
  const fitting = (selector, root = document) => {
    const [outer, ...inner] = selector.split(">>>");
    const found = [...root.querySelectorAll(outer.trim())];
    if (inner.length === 0) return found;
    const roots = found.map(inside).filter(Boolean);
    roots.forEach(watch);
    return roots.flatMap((root) => fitting(inner.join(">>>"), root));
  };
  // The first on the way of a selector that nothing can look into, with what is said of it so far.
  const barrier = (selector) => {
    const parts = selector.split(">>>");
    for (let last = 1; last < parts.length; last++) {
      const way = parts.slice(0, last).join(">>>");
      const hosts = fitting(way);
      if (hosts.length > 0 && !hosts.some(inside)) return { way: way.trim(), host: hosts[0] };
    }
    return null;
  };
  // Where the content of a frame begins.
  const corner = (frame) => {
    const { x, y } = frame.getBoundingClientRect();
    const { paddingLeft, paddingTop } = getComputedStyle(frame);
    return [x + frame.clientLeft + parseFloat(paddingLeft), y + frame.clientTop + parseFloat(paddingTop)];
  };
  // Its middle, as the window has it, whatever frames it is in.
  const middle = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    let at = [x + width / 2, y + height / 2];
    for (let view = element.ownerDocument.defaultView; view.frameElement; view = view.parent)
      at = corner(view.frameElement).map((offset, axis) => offset + at[axis]);
    return at;
  };
  const topmost = (x, y) => {
    let [root, hit] = [document, null];
    while (root) {
      const next = root.elementFromPoint(x, y);
      if (next === null || next === hit) return hit;
      [hit, root] = [next, inside(next)];
      if (hit.contentDocument) [x, y] = [x, y].map((value, axis) => value - corner(hit)[axis]);
    }
    return hit;
  };
  const visible = (element) => {
    const { width, height } = element.getBoundingClientRect();
    return width * height > 0 && element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
  };
  const present = (selector) => (selector ? fitting(selector).filter(visible) : []);

  // An error or a spinner inside the answer's element is none of its text.
  const textOf = (element) => {
    if (typeof element.value === "string" && "selectionStart" in element) return element.value;
    if (as !== "text") return element.innerText;
    const others = [error, busy].filter(Boolean).join(", ");
    if (!others || others.includes(">>>") || !element.querySelector(others)) return element.textContent;
    const copy = element.cloneNode(true);
    copy.querySelectorAll(others).forEach((other) => other.remove());
    return copy.textContent;
  };
  const errorText = (element) => (as === "text" ? element.textContent : element.innerText).trim();
  const shownErrors = () => present(error).filter((element) => errorText(element) !== "");

  // What has come since the question; where nothing new has, the one place that there is for answers, once it is another.
  const answers = () => {
    const errors = present(error);
    const found = fitting(answer).filter((element) => !errors.some((other) => other.contains(element)));
    const fresh = found.filter((element) => !old.answers.has(element));
    if (fresh.length > 0) return fresh;
    if (found.length !== 1) return [];
    if (found[0] === onlyOne && textOf(onlyOne) !== old.answers.get(onlyOne)) onlyOne = null;
    return found[0] === onlyOne ? [] : found;
  };

  function state() {
    const found = answers();
    const errors = shownErrors().filter((element) => old.errors.get(element) !== errorText(element));
    const isBusy = present(busy).length > 0;
    busySeen ||= isBusy;
    const now = found.map(textOf).join("");
    const said = { found: found.length, error: errors.length ? errorText(errors.at(-1)) : "", busy: isBusy, busySeen };
    return [now, said];
  }

  // Only what is new of the text is told: of megabytes all would take longer than the page does.
  function look() {
    const began = performance.now();
    const [now, said] = state();
    const other = JSON.stringify(said);
    if (now !== text || other !== latest) {
      const kept = now.startsWith(text) ? text.length : 0;
      changed = performance.now();
      globalThis.told(JSON.stringify({ asked, kept, more: now.slice(kept), ...said }));
      [text, latest] = [now, other];
    }
    lastLook = performance.now();
    cost = lastLook - began;
  }

  // What a look costs is the page's time: it gets ten times as much in between.
  function soon() {
    if (due !== null) return;
    const wait = Math.max(0, lastLook + 10 * cost - performance.now());
    if (wait < 1) return look();
    due = setTimeout(() => ((due = null), look()), wait);
  }

  const observer = new MutationObserver((records) => {
    const isWritten = ({ type, target }) => type !== "attributes" && onlyOne.contains(target);
    if (onlyOne !== null && records.some(isWritten)) onlyOne = null; // with the same text, it may be
    soon();
  });
  function watch(root) {
    if (watched.has(root)) return;
    watched.add(root);
    observer.observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
  }

  function beat(now) {
    if (frame !== 0) gap = Math.max(gap, now - frame);
    frame = now;
    requestAnimationFrame(beat);
  }

  return {
    // Before a question: all that is there now is none of its answer.
    begin(number) {
      watch(document);
      if (began === 0) {
        setInterval(soon, 100); // what styles alone show or hide is no mutation
        requestAnimationFrame(beat);
      }
      const found = fitting(answer);
      onlyOne = found.length === 1 && textOf(found[0]) !== "" ? found[0] : null;
      old = { answers: new Map(found.map((e) => [e, textOf(e)])), errors: new Map(shownErrors().map((e) => [e, errorText(e)])) };
      [text, latest, busySeen, asked, changed] = ["", "", false, number, performance.now()];
      [gap, frame, began] = [0, 0, performance.now()];
    },
    // After two frames, so that what the page has been told is drawn. Gives how long nothing has changed, and more.
    async settled() {
      await new Promise((next) => requestAnimationFrame(() => requestAnimationFrame(next)));
      look();
      const now = performance.now();
      return JSON.stringify({ quiet: now - changed, gap: Math.max(gap, frame ? now - frame : 0), took: now - began });
    },
    // The elements that a selector fits, and where the only visible one can be clicked.
    find(selector) {
      const found = fitting(selector);
      const seen = found.filter(visible);
      const place = { all: found.length, visible: seen.length };
      if (seen.length !== 1) return JSON.stringify(place);
      const [element] = seen;
      element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
      const [x, y] = middle(element);
      const hit = topmost(x, y);
      const free = hit !== null && (element.contains(hit) || hit.contains(element) || hit.getRootNode().host === element);
      const lines = element.tagName !== "INPUT";
      const typed = element.value ?? element.textContent;
      const disabled = element.matches(":disabled, [aria-disabled=true]") || element.readOnly === true;
      return JSON.stringify({ ...place, x, y, lines, disabled, typed, covered: free ? "" : hit ? named(hit) : "nothing" });
    },
    // All answers that stand there, old ones too, and the errors beside them.
    standing() {
      const found = fitting(answer);
      return JSON.stringify({ texts: found.map(textOf), errors: shownErrors().map(errorText) });
    },
    // Why a selector leads nowhere, where something on its way keeps everybody out.
    barred(selector) {
      const found = barrier(selector);
      if (found === null) return "";
      const { way, host } = found;
      if (!("contentDocument" in host)) return JSON.stringify({ way, frame: "" });
      return JSON.stringify({ way, frame: host.src || "without an address" });
    },
    host: (selector) => barrier(selector).host,
    excerpt() {
      const documents = [document, ...[...document.querySelectorAll("iframe")].map(inside).filter(Boolean)];
      return documents.map((each) => each.body?.innerText ?? "").join(" ").trim().slice(0, 200);
    },
  };

  function named(element) {
    const id = element.id ? `#${element.id}` : [...element.classList].map((name) => `.${name}`).join("");
    return element.tagName.toLowerCase() + id;
  }
})(WORDS);
