// What is served: the library, what each scenario will send, and for whom it is chosen.

import { api, part } from "./api.js";
import { append, field, h, icon, options, put, say } from "./dom.js";
import { count } from "./format.js";
import { grouped } from "./groups.js";
import { attempt } from "./notices.js";
import { planCard } from "./plans.js";
import { download } from "./request.js";
import { address, go } from "./route.js";
import { on, state } from "./store.js";
import { VirtualList } from "./virtual.js";

const MESSAGE = "Explain how neural networks learn";
const TYPING_MS = 300;

export class ScenariosView {
  #name = null;
  #found = null;
  #asked = null;

  constructor() {
    this.search = h("input", { type: "search", placeholder: "Search by name, summary or fault", "aria-label": "Filter scenarios by name, summary or fault", oninput: () => this.update() });
    this.list = new VirtualList({
      label: "Scenarios, by what they show",
      key: (scenario) => scenario.name,
      heading: (scenario) => scenario.heading,
      make: makeRow,
      fill: fillRow,
      chosen: (scenario) => scenario.name === this.#name,
      open: (scenario) => go("scenarios", scenario.name),
    });
    this.total = h("p", { class: "small soft numbers" });
    this.pane = h("section", { class: "pane", "aria-label": "Scenario", tabindex: "-1" });
    this.element = h(
      "section",
      { class: "view scenarios", "aria-label": "Scenarios" },
      h("div", { class: "side" }, h("div", { class: "head" }, h("div", { class: "grow" }, this.search)), h("div", { class: "list-frame" }, this.list.element), h("div", { class: "foot" }, this.total)),
      this.pane,
    );
    this.#build();
    on("scenarios chosen", () => this.update());
    on("settings", () => this.#plan());
    on("scenarios", () => this.#name && this.#load());
    on("tokens chosen", () => this.#choices());
  }

  #build() {
    this.title = h("h2");
    this.summary = h("p", { class: "soft" });
    this.badges = h("p", { class: "facts" });
    this.forAll = h("button", { type: "button", class: "primary", onclick: () => this.#choose(null) }, "Serve to all");
    this.token = h("select", { "aria-label": "A token", onchange: () => this.token.value && this.#choose(this.token.value) });
    this.message = h("input", { type: "text", value: MESSAGE, oninput: () => this.#soon() });
    this.plans = h("div", { class: "plans" });
    this.source = h("pre", { class: "box", tabindex: "0" });
    this.sourceActions = h("div", { class: "actions" });
    const back = h("a", { class: "button plain back", href: "#/scenarios", "aria-label": "Back to the scenarios" }, icon("back"));
    this.whole = h(
      "div",
      { class: "opened" },
      h("header", { class: "opened-head" }, back, h("div", { class: "grow" }, this.title, this.summary, this.badges)),
      h("div", { class: "actions" }, this.forAll, h("div", { class: "for-token" }, this.token)),
      field("Planned for the message", this.message),
      this.plans,
      h("section", { class: "section" }, h("div", { class: "section-head" }, h("h3", null, "Source"), this.sourceActions), this.source),
    );
  }

  show(argument) {
    this.element.toggleAttribute("data-open", Boolean(argument));
    if (argument !== this.#name) {
      this.#name = argument;
      this.#found = null;
      this.list.current = argument ?? this.list.current;
      const at = argument ? this.list.indexOf(argument) : -1;
      if (at >= 0) this.list.reveal(at);
      put(this.plans);
      this.pane.scrollTop = 0;
      if (argument) this.#load();
    }
    if (!argument) this.#overview();
    this.update();
  }

  focus() {
    this.list.element.focus();
  }

  step(by) {
    this.list.move(by, { open: true });
  }

  leave() {
    if (!this.#name) return false;
    go("scenarios");
    this.focus();
    return true;
  }

  update() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const said = (each) => `${each.name} ${each.summary} ${each.faults.join(" ")} ${each.kinds.join(" ")} ${each.origin}`.toLowerCase();
    const items = state.scenarios.filter((each) => words.every((word) => said(each).includes(word)));
    this.list.update(grouped(items));
    say(this.total, items.length === state.scenarios.length ? count(items.length, "scenario") : `${items.length} of ${count(state.scenarios.length, "scenario")}`);
    if (this.#name === null) this.#overview();
  }

  #overview() {
    const { all, default: fallback } = state.chosen;
    const named = (name) => h("a", { href: address("scenarios", name) }, name);
    const now = all
      ? [h("p", null, "Every chat is answered by ", named(all), "."), h("button", { type: "button", onclick: () => this.#choose(null, null) }, "Let the chat decide")]
      : [h("p", null, "A chat is answered by the first scenario whose conditions fit it; if none does, by ", fallback ? named(fallback) : "the built-in one", ".")];
    put(this.pane, h("div", { class: "empty" }, h("h2", null, "What is served"), now, h("p", null, "Open a scenario to see what it will send before anything is sent, and to serve it.")));
  }

  async #load() {
    const wanted = this.#name;
    try {
      const found = await api.get(`scenarios/${part(wanted)}`);
      if (wanted !== this.#name) return;
      this.#found = found;
      this.#fill(found);
      await this.#plan();
    } catch (error) {
      if (wanted !== this.#name) return;
      put(this.pane, h("div", { class: "empty" }, h("h2", null, `No scenario ${wanted}`), h("p", null, error.message), h("a", { class: "button", href: "#/scenarios" }, "All scenarios")));
    }
  }

  #fill(found) {
    if (!this.whole.isConnected) put(this.pane, this.whole);
    say(this.title, found.name);
    say(this.summary, found.summary);
    const where = { "built-in": "built in", library: "comes with mock-ares", file: found.file, text: "given in Python or through the control API" }[found.origin];
    put(this.badges, [h("span", { class: "fact" }, where), h("span", { class: "fact" }, whenOf(found)), h("span", { class: "fact" }, thenOf(found)), found.broken && h("span", { class: "chip bad" }, h("span", null, "its file has mistakes; this is the last good version"))]);
    say(this.source, found.text);
    put(this.sourceActions, this.#sourceAction(found));
    this.#choices();
  }

  #sourceAction(found) {
    if (found.file && state.files.editable) return h("a", { class: "button tiny", href: address("files", found.file) }, "Edit");
    if (!state.files.editable) return h("button", { type: "button", class: "tiny", onclick: () => download(`${found.name}.yaml`, found.text) }, "Download");
    const copy = () => dispatchEvent(new CustomEvent("new-file", { detail: { name: `${found.name}.yaml`, text: found.text } }));
    return h("button", { type: "button", class: "tiny", onclick: copy }, "Edit a copy");
  }

  #choices() {
    if (!this.#name) return;
    const { all, tokens } = state.chosen;
    const mine = all === this.#name;
    this.forAll.setAttribute("aria-pressed", String(mine));
    this.forAll.classList.toggle("primary", !mine);
    put(this.forAll, mine ? [icon("check"), "Served to all"] : "Serve to all");
    this.forAll.title = mine ? "Press to take it back" : "";
    const named = (token) => `${tokens[token.id] === this.#name ? "✓ " : ""}${token.name || token.id}`;
    options(this.token, [["", state.tokens.length > 0 ? "Serve to one token …" : "No token is known yet"], ...state.tokens.map((token) => [token.id, named(token)])], "");
    this.token.disabled = state.tokens.length === 0;
  }

  async #choose(token, name = this.#name) {
    const { all, tokens } = state.chosen;
    const back = name === null || (token === null ? all === name : tokens[token] === name);
    const whom = token === null ? "to all" : `to ${state.tokens.find((each) => each.id === token)?.name || token}`;
    await attempt(() => api.put("chosen", { scenario: back ? null : name, token }), back ? `No longer chosen ${token === null ? "for all" : whom.replace("to", "for")}.` : `${name} is served ${whom}.`);
    this.token.value = "";
  }

  #timer = null;

  #soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#plan(), TYPING_MS);
  }

  async #plan() {
    if (!this.#name || !this.#found) return;
    const wanted = (this.#asked = { name: this.#name });
    const found = await attempt(() => api.get(`scenarios/${part(wanted.name)}/plans`, { message: this.message.value || " " }));
    if (!found || wanted !== this.#asked) return;
    const open = [...this.plans.querySelectorAll("details")].map((each) => each.open);
    put(this.plans, found.plans.map((plan) => planCard(plan, found.plans.length)));
    [...this.plans.querySelectorAll("details")].forEach((each, index) => (each.open = open[index] ?? false));
  }
}

function whenOf({ when }) {
  if (!when) return "only when it is chosen";
  const said = (value) => (value && typeof value === "object" ? Object.entries(value).map(([key, each]) => `${key} ${said(each)}`).join(" ") : String(value));
  return `when ${Object.entries(when).map(([key, value]) => `${key.replaceAll("_", " ")} ${said(value)}`).join(" and ")}`;
}

function thenOf({ replies, then }) {
  if (replies === 1 && then === "repeat") return "one reply, again and again";
  return `${count(replies, "reply", "replies")}, ${{ repeat: "then the last again", cycle: "then from the first", fail: "then nothing more" }[then]}`;
}

function makeRow() {
  const parts = { name: h("span", { class: "title" }), summary: h("span", { class: "about" }), chips: h("span", { class: "chips" }) };
  const row = h("div", { class: "row scenario" }, parts.name, parts.chips, parts.summary);
  row.parts = parts;
  return row;
}

function fillRow(row, scenario) {
  if (scenario.heading) {
    say(row.parts.name, scenario.heading);
    say(row.parts.summary, "");
    put(row.parts.chips);
    row.parts.chips.said = null;
    return row.removeAttribute("aria-label");
  }
  const { all, tokens, default: fallback } = state.chosen;
  const forTokens = Object.values(tokens).filter((name) => name === scenario.name).length;
  say(row.parts.name, scenario.name);
  say(row.parts.summary, scenario.summary);
  const chips = [
    all === scenario.name && ["accent", "for all"],
    forTokens > 0 && ["accent", `for ${count(forTokens, "token")}`],
    !all && fallback === scenario.name && ["", "default"],
    scenario.broken && ["bad", "mistakes"],
    scenario.kinds.includes("error") && ["warn", "error"],
    scenario.faults.length > 0 && ["warn", scenario.faults.length === 1 ? scenario.faults[0] : `${scenario.faults.length} faults`],
  ].filter(Boolean);
  const said = chips.join("|");
  if (row.parts.chips.said !== said) {
    row.parts.chips.said = said;
    put(row.parts.chips);
    append(row.parts.chips, chips.map(([kind, text]) => h("span", { class: `chip ${kind}` }, h("span", null, text))));
  }
  row.setAttribute("aria-label", `${scenario.name}: ${scenario.summary} ${chips.map(([, text]) => text).join(", ")}`);
}
