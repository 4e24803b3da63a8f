// "Break the next reply with ...": any fault with its arguments, or any error; and what is to come.

import { api } from "./api.js";
import { field, h, icon, options, prose, put } from "./dom.js";
import { visible } from "./format.js";
import { attempt, tell } from "./notices.js";
import { on, state } from "./store.js";

export class Breaker {
  #inputs = new Map();
  #kind = "";

  constructor() {
    this.what = h("select", { onchange: () => this.#parameters() });
    this.about = h("p", { class: "hint" });
    this.parameters = h("div", { class: "parameters" });
    this.token = h("select");
    this.times = h("input", { type: "number", min: "1", max: "1000", value: "1", inputmode: "numeric" });
    this.button = h("button", { type: "submit", class: "danger" }, icon("break"), "Break it");
    this.list = h("ul", { class: "breaks", "aria-label": "To be broken" });
    const form = h(
      "form",
      { class: "break-form", onsubmit: (event) => this.#submit(event) },
      field("With", this.what),
      this.about,
      this.parameters,
      h("div", { class: "two" }, field("Of", this.token), field("Times", this.times)),
      this.button,
    );
    this.element = h("div", { class: "breaker" }, this.list, form);
    on("faults", () => this.#faults());
    on("tokens", () => options(this.token, [["", "whoever comes first"], ...state.tokens.map((token) => [token.id, token.name || token.id])]));
    options(this.token, [["", "whoever comes first"]]);
    on("breaks", () => this.#list());
  }

  focus() {
    this.what.focus();
  }

  #faults() {
    const { faults, errors } = state.faults;
    const before = this.what.value;
    const group = (label, items) => h("optgroup", { label }, items);
    put(
      this.what,
      group("Faults of a stream", faults.map(({ name }) => h("option", { value: `fault ${name}` }, name))),
      group("HTTP errors", errors.map(({ name, status }) => h("option", { value: `error ${name}` }, `${status} ${name}`))),
    );
    this.what.value = before;
    if (this.what.selectedIndex < 0) this.what.selectedIndex = 0;
    this.#parameters();
  }

  #selected() {
    const [kind, name] = this.what.value.split(" ");
    return { kind, name, known: state.faults[`${kind}s`]?.find((each) => each.name === name) };
  }

  #parameters() {
    const { kind, known } = this.#selected();
    if (!known) return;
    put(this.about, prose(`${sentence(known.summary)}${known.needs ? ` It needs ${sentence(known.needs)}` : ""}`));
    if (this.#kind === this.what.value) return;
    this.#kind = this.what.value;
    this.#inputs.clear();
    put(this.parameters, kind === "fault" ? known.parameters.map((parameter) => this.#parameter(parameter)) : null);
  }

  #parameter(parameter) {
    const { name, kind, choices, default: value } = parameter;
    if (kind === "switch") {
      const input = h("input", { type: "checkbox", checked: value === true });
      this.#inputs.set(name, { parameter, read: () => (input.checked === (value === true) ? undefined : input.checked) });
      return h("label", { class: "inline", title: parameter.description }, input, name.replaceAll("_", " "));
    }
    if (kind === "position") return this.#position(parameter);
    const input = choices?.length
      ? h("select", null, choices.map((each) => h("option", { value: each }, each)))
      : h("input", { type: kind === "number" ? "number" : "text", autocomplete: "off", spellcheck: "false", required: parameter.required, placeholder: value === null ? null : visible(String(value)) });
    if (choices?.length) input.value = value ?? choices[0];
    const read = () => (input.value === "" || input.value === value ? undefined : kind === "number" ? Number(input.value) : input.value);
    this.#inputs.set(name, { parameter, read });
    return field(name.replaceAll("_", " "), input, { hint: parameter.description });
  }

  /** A position is a place behind so many chunks or bytes, a text, a share, or a moment. */
  #position(parameter) {
    const { name } = parameter;
    const unit = h("select", { "aria-label": `${name}: counted in` });
    options(unit, [["chunk", "chunks"], ["text", "text"], ["byte", "bytes"], ["fraction", "% of it"], ["time", "seconds"]], "chunk");
    const input = h("input", { type: "text", value: "3", autocomplete: "off", spellcheck: "false", "aria-label": `${name}: value`, inputmode: "numeric" });
    unit.addEventListener("change", () => {
      input.value = { chunk: "3", text: "", byte: "20", fraction: "50", time: "1" }[unit.value];
      input.inputMode = unit.value === "text" ? "text" : "decimal";
    });
    const read = () => {
      const text = input.value;
      if (unit.value === "text") return { text };
      if (!/^\d+(\.\d+)?$/.test(text.trim())) throw new Error(`${name}: a number is needed, not “${text}”.`);
      return { chunk: { chunk: Number(text) }, byte: { byte: Number(text) }, fraction: { fraction: `${text.trim()}%` }, time: { time: `${text.trim()}s` } }[unit.value];
    };
    this.#inputs.set(name, { parameter, read });
    return h("fieldset", { class: "position" }, h("legend", { class: "label" }, `${name.replaceAll("_", " ")}, behind`), input, unit);
  }

  async #submit(event) {
    event.preventDefault();
    const { kind, name } = this.#selected();
    const body = { times: Number(this.times.value) || 1, token: this.token.value || null };
    try {
      const given = [...this.#inputs].map(([parameter, { read }]) => [parameter, read()]).filter(([, value]) => value !== undefined);
      body[kind] = kind === "fault" && given.length > 0 ? { [name]: Object.fromEntries(given) } : name;
    } catch (mistake) {
      tell(mistake.message, { bad: true });
      return;
    }
    const made = await attempt(() => api.post("breaks", body));
    if (made) tell(`The next ${made.times === 1 ? "reply" : `${made.times} replies`}${made.token ? " of that token" : ""} will be broken with ${name}.`);
  }

  #list() {
    const had = this.list.contains(document.activeElement);
    put(
      this.list,
      state.breaks.map((each) => {
        const words = wordsOf(each);
        const cancel = h("button", { type: "button", class: "plain tiny", "aria-label": `Do not break with ${words}`, onclick: () => attempt(() => api.delete(`breaks/${each.id}`)) }, icon("x"));
        const whom = each.token && (state.tokens.find((token) => token.id === each.token)?.name || each.token);
        return h("li", null, h("span", { class: "what" }, words), h("span", { class: "soft small" }, [whom && `of ${whom}`, each.times > 1 && `${each.times} times`].filter(Boolean).join(", ")), cancel);
      }),
    );
    if (had) (this.list.querySelector("button") ?? this.what).focus();
  }
}

const sentence = (text) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** A break in a few words: its name, and its arguments as a scenario file has them. */
export function wordsOf({ fault, error }) {
  if (error) return error;
  if (typeof fault === "string") return fault;
  const [name, given] = Object.entries(fault)[0];
  const flat = (value) => (value && typeof value === "object" ? Object.entries(value).map(([key, each]) => `${key} ${flat(each)}`).join(", ") : String(value));
  return `${name}: ${flat(given)}`;
}
