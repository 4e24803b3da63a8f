// A textarea with line numbers, YAML in colour, and the validator's messages behind their lines. The text one edits is
// the textarea's; a layer below shows the same text, line by line, only what is in sight.

import { eachFrame, freshId, h, put } from "./dom.js";
import { colour } from "./yaml.js";

export class Editor {
  #mistakes = [];
  #byLine = new Map();
  #lines = [""];

  constructor({ label, input, save }) {
    this.hint = h("p", { class: "reader", id: freshId() }, "Mistakes are listed behind the text. F8 goes to the next one. Control S saves. Tab leaves the text.");
    this.area = h("textarea", { class: "code", "aria-label": label, "aria-describedby": this.hint.id, spellcheck: "false", autocomplete: "off", autocapitalize: "off", wrap: "off", rows: "1", oninput: () => this.#changed(input), onkeydown: (event) => this.#key(event, save) });
    this.layer = h("div", { class: "layer", "aria-hidden": "true", translate: "no" });
    this.frame = h("div", { class: "editor-frame" }, this.layer, this.area);
    this.scroller = h("div", { class: "editor" }, this.frame);
    this.element = h("div", { class: "editor-box" }, this.scroller, this.hint);
    this.render = eachFrame(() => this.#render());
    this.scroller.addEventListener("scroll", this.render, { passive: true });
    document.addEventListener("selectionchange", () => document.activeElement === this.area && this.render());
    new ResizeObserver(() => this.#fit()).observe(this.scroller);
  }

  get value() {
    return this.area.value;
  }

  set value(text) {
    if (text === this.area.value) return this.#fit();
    this.area.value = text;
    this.#mistakes = [];
    this.#byLine.clear();
    this.scroller.scrollTop = this.scroller.scrollLeft = 0;
    this.#fit();
  }

  set readOnly(value) {
    this.area.readOnly = value;
  }

  set mistakes(mistakes) {
    this.#mistakes = mistakes;
    this.#byLine = Map.groupBy ? Map.groupBy(mistakes, ({ line }) => line) : new Map(mistakes.map((each) => [each.line, [each]]));
    this.area.setAttribute("aria-invalid", String(mistakes.length > 0));
    this.#fit();
  }

  focus() {
    this.area.focus();
  }

  /** Puts the caret to a place, both counted from 1. */
  go(line, column) {
    let at = 0;
    for (let index = 0; index < line - 1 && index < this.#lines.length; index += 1) at += this.#lines[index].length + 1;
    at = Math.min(this.area.value.length, at + Math.min(column - 1, this.#lines[line - 1]?.length ?? 0));
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(at, at);
    const height = this.#lineHeight();
    const top = (line - 1) * height;
    if (top < this.scroller.scrollTop || top + height * 2 > this.scroller.scrollTop + this.scroller.clientHeight) this.scroller.scrollTop = top - this.scroller.clientHeight / 2;
    this.element.scrollIntoView({ block: "nearest" });
    this.render();
  }

  nextMistake(by) {
    if (this.#mistakes.length === 0) return;
    const line = this.#caretLine();
    const after = this.#mistakes.filter((each) => (by > 0 ? each.line > line : each.line < line));
    const next = by > 0 ? (after[0] ?? this.#mistakes[0]) : (after.at(-1) ?? this.#mistakes.at(-1));
    this.go(next.line, next.column);
  }

  #caretLine() {
    return this.area.value.slice(0, this.area.selectionStart).split("\n").length;
  }

  #changed(input) {
    this.#fit();
    input();
  }

  #key(event, save) {
    const command = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (command && event.key.toLowerCase() === "s") save();
    else if (event.key === "F8") this.nextMistake(event.shiftKey ? -1 : 1);
    else if (event.key === "Enter" && !command && !event.shiftKey && !event.isComposing && !this.area.readOnly) this.#newLine();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The next line is indented like this one. `insertText` keeps the browser's undo. */
  #newLine() {
    const before = this.area.value.slice(0, this.area.selectionStart);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    const indent = /^ */.exec(line)[0] + (/:\s*$/.test(line) ? "  " : "");
    document.execCommand("insertText", false, `\n${indent}`);
  }

  #lineHeight() {
    return parseFloat(getComputedStyle(this.area).lineHeight);
  }

  /** As large as its text: the box around it scrolls, text and layer together. */
  #fit() {
    this.#lines = this.area.value.split("\n");
    const height = this.#lineHeight();
    if (!height) return;
    this.area.style.height = `${(this.#lines.length + 1) * height}px`;
    this.area.style.width = "100%";
    this.area.style.width = `${Math.max(this.area.clientWidth, this.area.scrollWidth)}px`;
    this.#render();
  }

  #render() {
    const height = this.#lineHeight();
    if (!height) return;
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / height) - 3);
    const last = Math.min(this.#lines.length, Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / height) + 3);
    const caret = document.activeElement === this.area ? this.#caretLine() : 0;
    const rows = [];
    for (let index = first; index < last; index += 1) rows.push(this.#line(index, caret));
    this.layer.style.transform = `translateY(${first * height}px)`;
    put(this.layer, rows);
  }

  #line(index, caret) {
    const found = this.#byLine.get(index + 1);
    const kind = `line${found ? " wrong" : ""}${caret === index + 1 ? " caret" : ""}`;
    return h(
      "div",
      { class: kind },
      h("span", { class: "gutter" }, String(index + 1)),
      h("span", { class: "source" }, colour(this.#lines[index])),
      found && h("span", { class: "message" }, found.map((each) => each.message).join("; ")),
    );
  }
}
