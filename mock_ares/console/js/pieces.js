// The bytes of a stream as a table: a row for each segment, event or read; with a switch between text and hexadecimal.

import { Annotator, dump } from "./bytes.js";
import { h, put } from "./dom.js";
import { moment, number } from "./format.js";

const AT_ONCE = 300;

/**
 * views: [{ id, label, framing, events }]. `update(id, rows)`: rows are
 * { at, size, bytes, offset, note, cut } with `cut` where a read must end behind it; those that are there stay as they are.
 */
export class Pieces {
  #views;
  #rows = new Map();
  #shown = 0;
  #limit = AT_ONCE;
  #annotator = null;
  #hex = false;
  #view;
  #table = h("ol", { class: "pieces" });
  #more = h("button", { type: "button", class: "tiny", hidden: true, onclick: () => this.#showMore() }, "Show more");

  constructor(views, { title = "Bytes", ondemand = null } = {}) {
    this.#views = views;
    this.#view = views[0];
    this.ondemand = ondemand;
    this.note = h("p", { class: "small soft" });
    this.switches = h("div", { class: "switches" });
    this.element = h(
      "section",
      { class: "section" },
      h("div", { class: "section-head" }, h("h3", null, title), this.switches),
      this.note,
      this.#table,
      this.#more,
    );
    this.#buildSwitches();
  }

  #buildSwitches() {
    const hex = h("button", { type: "button", class: "tiny", "aria-pressed": "false", onclick: () => this.#switchHex(hex) }, "Hex");
    const views = this.#views.map((view) =>
      h("button", { type: "button", class: "tiny", "aria-pressed": String(view === this.#view), title: view.title, onclick: () => this.#switchView(view) }, view.label),
    );
    put(this.switches, this.#views.length > 1 ? h("span", { class: "group", role: "group", "aria-label": "Which bytes" }, views) : null, hex);
    this.viewButtons = views;
  }

  #switchHex(button) {
    this.#hex = !this.#hex;
    button.setAttribute("aria-pressed", String(this.#hex));
    this.#restart();
  }

  #switchView(view) {
    this.#view = view;
    this.viewButtons.forEach((button, index) => button.setAttribute("aria-pressed", String(this.#views[index] === view)));
    this.#restart();
  }

  clear() {
    this.#rows.clear();
    this.#limit = AT_ONCE;
    this.#restart();
  }

  update(id, rows, changes = {}) {
    this.#rows.set(id, rows);
    const view = this.#views.find((each) => each.id === id);
    const anew = Object.entries(changes).some(([name, value]) => view[name] !== value);
    Object.assign(view, changes);
    if (this.#view.id !== id) return;
    if (anew || rows.length < this.#shown) this.#restart();
    else this.#grow();
  }

  #restart() {
    this.#shown = 0;
    this.#annotator = new Annotator(this.#view);
    this.#table.replaceChildren();
    this.#grow();
  }

  #showMore() {
    this.#limit += AT_ONCE;
    this.#grow();
    if (this.#shown < this.#limit) this.ondemand?.();
  }

  #grow() {
    this.#annotator ??= new Annotator(this.#view);
    const rows = this.#rows.get(this.#view.id) ?? [];
    // The moments of rows that are there may have become known.
    for (let index = 0; index < this.#shown; index += 1) this.#moment(this.#table.children[index], rows[index]);
    const fresh = document.createDocumentFragment();
    for (; this.#shown < Math.min(rows.length, this.#limit); this.#shown += 1) fresh.append(this.#row(rows[this.#shown]));
    this.#table.append(fresh);
    const left = (this.#view.total ?? rows.length) - this.#shown;
    this.#more.hidden = left <= 0;
    this.#more.textContent = `Show more (${number(Math.max(0, left))} left)`;
  }

  #moment(element, row) {
    const shown = element.firstChild;
    const text = row.at === null ? "not sent" : moment(row.at);
    if (shown.textContent !== text) shown.textContent = text;
    element.classList.toggle("unsent", row.at === null || row.sent === false);
  }

  #row(row) {
    const missing = row.size - row.bytes.length;
    const body = this.#hex
      ? h("pre", { class: "hex", translate: "no" }, dump(row.bytes, row.offset), missing > 0 ? `\n… ${missing} more` : null)
      : h("div", { class: row.head ? "annotated head-bytes" : "annotated", translate: "no" }, (row.head ? new Annotator({ events: false, breaks: true }) : this.#annotator).piece(row.bytes, missing));
    const element = h(
      "li",
      { class: row.cut ? "read-ends" : null },
      h("span", { class: "at numbers" }),
      h("span", { class: "size numbers" }, row.note ?? `${number(row.size)} B`),
      body,
    );
    this.#moment(element, row);
    return element;
  }
}
