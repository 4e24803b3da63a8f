// A list of any length of which only what is seen is there. It is a listbox: the list has the focus, one option is
// current, and what is not on the page is counted nonetheless (aria-setsize, aria-posinset).

import { eachFrame, freshId, h } from "./dom.js";

const SPARE = 4;

/**
 * options: {label, key(item), make() -> row, fill(row, item, position), chosen(item), open(item), after(), heading(item)}
 * What has a heading is none of the options: it is walked past.
 * `items` is any list with `length` and indices.
 */
export class VirtualList {
  items = [];
  #options;
  #rows = [];
  #current = null; // a key
  #height = 56;
  #places = null; // of each item among the options, where some are headings

  constructor(options) {
    this.#options = options;
    this.space = h("div", { class: "space", role: "presentation" });
    this.element = h(
      "div",
      { class: "list", role: "listbox", tabindex: "0", "aria-label": options.label, onkeydown: (event) => this.#key(event) },
      this.space,
    );
    this.render = eachFrame(() => this.#render());
    this.element.addEventListener("scroll", this.render, { passive: true });
    this.element.addEventListener("focus", () => this.#current ?? this.move(0));
    this.element.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(() => this.#measure()).observe(this.element);
  }

  get current() {
    return this.#current;
  }

  set current(key) {
    if (this.#current === key) return;
    this.#current = key;
    this.render();
  }

  /** New items; what is being read stays where it is when others come above it. */
  update(items) {
    const top = this.element.scrollTop;
    const first = Math.floor(top / this.#height);
    const anchor = top > 0 && this.items[first] !== undefined ? this.#options.key(this.items[first]) : null;
    this.items = items;
    let place = 0;
    this.#places = this.#options.heading ? Array.from(items, (item) => (this.#isHeading(item) ? place : ++place)) : null;
    this.space.style.height = `${items.length * this.#height}px`;
    if (anchor !== null) {
      const now = this.indexOf(anchor, first);
      if (now >= 0 && now !== first) this.element.scrollTop = top + (now - first) * this.#height;
    }
    this.render();
  }

  #isHeading(item) {
    return item !== undefined && Boolean(this.#options.heading?.(item));
  }

  /** Where a key is; looked for from where it was. */
  indexOf(key, from = 0) {
    const { items } = this;
    for (let index = from; index < items.length; index += 1) if (this.#options.key(items[index]) === key) return index;
    for (let index = Math.min(from, items.length) - 1; index >= 0; index -= 1) if (this.#options.key(items[index]) === key) return index;
    return -1;
  }

  /** Makes another item the current one and brings it into sight. */
  move(step, { open = false } = {}) {
    const { items } = this;
    if (items.length === 0) return;
    const at = this.#current === null ? -1 : this.indexOf(this.#current);
    const way = step < 0 ? -1 : 1;
    let to = at < 0 ? 0 : Math.max(0, Math.min(items.length - 1, at + step));
    while (this.#isHeading(items[to]) && items[to + way] !== undefined) to += way;
    if (this.#isHeading(items[to])) to += 1; // above the first option there is only its heading
    if (items[to] === undefined) return;
    if (this.#isHeading(items[to - 1])) this.reveal(to - 1);
    this.#current = this.#options.key(items[to]);
    this.reveal(to);
    this.render();
    if (open) this.#options.open(items[to]);
  }

  reveal(index) {
    const top = index * this.#height;
    const { element } = this;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + this.#height > element.scrollTop + element.clientHeight) element.scrollTop = top + this.#height - element.clientHeight;
  }

  get atTop() {
    return this.element.scrollTop < this.#height / 2;
  }

  toTop() {
    this.element.scrollTop = 0;
  }

  #measure() {
    const probe = this.#options.make();
    probe.style.visibility = "hidden";
    this.space.append(probe);
    const height = probe.offsetHeight;
    probe.remove();
    if (height === 0) return; // it is on no page that is shown
    const first = this.element.scrollTop / this.#height;
    if (height !== this.#height) {
      this.#height = height;
      this.space.style.height = `${this.items.length * height}px`;
      this.element.scrollTop = first * height;
    }
    this.#render();
  }

  #render() {
    const { element, items } = this;
    if (element.clientHeight === 0) return;
    const first = Math.max(0, Math.floor(element.scrollTop / this.#height) - SPARE);
    const last = Math.min(items.length, Math.ceil((element.scrollTop + element.clientHeight) / this.#height) + SPARE);
    while (this.#rows.length < last - first) this.#rows.push(this.#row());
    let active = null;
    // A row stays with its place in the list, so that scrolling changes only what comes into sight.
    const used = new Set();
    for (let index = first; index < last; index += 1) {
      const row = this.#rows[index % this.#rows.length];
      used.add(row);
      const key = this.#options.key(items[index]);
      row.hidden = false;
      row.style.transform = `translateY(${index * this.#height}px)`;
      row.dataset.key = key;
      const heading = this.#isHeading(items[index]);
      row.setAttribute("role", heading ? "presentation" : "option");
      row.classList.toggle("heading", heading);
      for (const [name, value] of [
        ["aria-setsize", this.#places?.at(-1) ?? items.length],
        ["aria-posinset", this.#places?.[index] ?? index + 1],
        ["aria-selected", this.#options.chosen(items[index]) ? "true" : "false"],
      ]) {
        if (heading) row.removeAttribute(name);
        else row.setAttribute(name, value);
      }
      row.classList.toggle("current", key === this.#current);
      if (key === this.#current) active = row.id;
      this.#options.fill(row, items[index], index);
    }
    for (const row of this.#rows) if (!used.has(row)) row.hidden = true;
    if (active) element.setAttribute("aria-activedescendant", active);
    else element.removeAttribute("aria-activedescendant");
    this.#options.after?.(first, last);
  }

  #row() {
    const row = this.#options.make();
    row.id = freshId();
    row.setAttribute("role", "option");
    this.space.append(row);
    return row;
  }

  #click(event) {
    const row = event.target.closest('[role="option"]');
    if (!row) return;
    const item = this.items[this.indexOf(row.dataset.key)] ?? this.items.find((each) => String(this.#options.key(each)) === row.dataset.key);
    if (item === undefined) return;
    this.#current = this.#options.key(item);
    this.render();
    this.#options.open(item);
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.#height) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.move(steps[event.key]);
    else if (event.key === "Enter" || event.key === " ") {
      const at = this.#current === null ? 0 : this.indexOf(this.#current);
      if (this.items[at] !== undefined && !this.#isHeading(this.items[at])) this.#options.open(this.items[at]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
