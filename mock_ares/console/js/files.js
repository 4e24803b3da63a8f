// The files of the served folder, and the editor for them.

import { api, ApiError, part } from "./api.js";
import { askText } from "./dialogs.js";
import { h, icon, put, say } from "./dom.js";
import { Editor } from "./editor.js";
import { count } from "./format.js";
import { attempt, copy, tell } from "./notices.js";
import { planCard } from "./plans.js";
import { address, go } from "./route.js";
import { on, refreshFiles, state } from "./store.js";
import { VirtualList } from "./virtual.js";

const TYPING_MS = 250;
const STARTER = `summary: What this scenario is about, in a line.
when: {message: {contains: hello}}
replies:
  - text: Hello there.
    pace: {first: 300ms, every: 40ms}
`;

export class FilesView {
  #name = null;
  #file = null; // { tag, text } as last read or saved; tag null for a new one
  #timer = null;
  #asked = 0;
  #asking = new AbortController();
  #drafts = new Map(); // what was typed and not saved, by name

  constructor() {
    this.list = new VirtualList({
      label: "Files",
      key: (file) => file.name,
      make: makeRow,
      fill: (row, file) => fillRow(row, file, this.#drafts.has(file.name)),
      chosen: (file) => file.name === this.#name,
      open: (file) => go("files", file.name),
    });
    this.where = h("p", { class: "grow small soft folder", title: "The served folder" });
    this.add = h("button", { type: "button", onclick: () => this.#new() }, "New file");
    this.empty = h("div", { class: "empty", hidden: true });
    this.editor = new Editor({ label: "The scenario file", input: () => this.#typed(), save: () => this.save() });
    this.title = h("h2");
    this.flag = h("span", { class: "chip warn", hidden: true }, h("span", null, "not saved"));
    this.saveButton = h("button", { type: "button", class: "primary", onclick: () => this.save(), title: "Save (Ctrl S)" }, "Save");
    this.revert = h("button", { type: "button", onclick: () => this.#revert() }, "Undo all");
    this.notice = h("div", { class: "changed", hidden: true, role: "status" });
    this.mistakes = h("ol", { class: "mistakes", "aria-label": "Mistakes" });
    this.verdict = h("p", { class: "small", role: "status" });
    this.plans = h("div", { class: "plans" });
    this.pane = h("section", { class: "pane file-pane", "aria-label": "File", tabindex: "-1" });
    this.#build();
    on("files", () => this.update());
    on("changed-files", (files) => files.some((file) => file.name === this.#name) && this.#elsewhere());
    addEventListener("new-file", ({ detail }) => this.#new(detail));
    addEventListener("beforeunload", (event) => this.#drafts.size > 0 && event.preventDefault());
  }

  #build() {
    const back = h("a", { class: "button plain back", href: "#/files", "aria-label": "Back to the files" }, icon("back"));
    this.whole = h(
      "div",
      { class: "opened" },
      h("header", { class: "opened-head" }, back, h("div", { class: "grow name-row" }, this.title, this.flag), h("div", { class: "actions" }, this.revert, this.saveButton)),
      this.notice,
      this.editor.element,
      this.verdict,
      this.mistakes,
      h("section", { class: "section" }, h("h3", null, "What it will send"), this.plans),
    );
    this.element = h(
      "section",
      { class: "view files", "aria-label": "Files" },
      h("div", { class: "side" }, h("div", { class: "head" }, this.where, this.add), h("div", { class: "list-frame" }, this.list.element, this.empty)),
      this.pane,
    );
    this.#nothing();
  }

  #nothing() {
    const { folder, editable } = state.files;
    put(this.pane, h("div", { class: "empty" }, folder && editable ? h("p", null, "Open a file to edit it. Mistakes are shown at their lines while you type, and what the file will send is drawn below.") : null));
  }

  show(argument) {
    this.element.toggleAttribute("data-open", Boolean(argument));
    if (argument !== this.#name) {
      this.#name = argument;
      this.#file = null;
      this.list.current = argument ?? this.list.current;
      if (argument) this.#open();
    }
    if (!argument) this.#nothing();
    this.update();
  }

  focus() {
    if (state.files.files.length > 0) this.list.element.focus();
    else this.add.focus();
  }

  step(by) {
    this.list.move(by, { open: true });
  }

  leave() {
    if (!this.#name) return false;
    go("files");
    this.focus();
    return true;
  }

  nextMistake(by = 1) {
    this.editor.nextMistake(by);
  }

  update() {
    const { folder, editable, files } = state.files;
    this.list.update(files);
    put(this.where, h("bdi", null, folder ?? ""));
    this.add.hidden = !editable;
    this.editor.readOnly = !editable;
    if (this.#file) this.#marks();
    this.empty.hidden = files.length > 0;
    this.list.element.classList.toggle("is-empty", files.length === 0);
    if (files.length === 0) put(this.empty, folder === null || !editable ? noFolder(folder) : [h("h2", null, "The folder is empty"), h("button", { type: "button", onclick: () => this.#new() }, "Write a first scenario")]);
  }

  async #open() {
    const wanted = this.#name;
    const draft = this.#drafts.get(wanted);
    if (draft && draft.tag === null) return this.#opened({ tag: null, text: draft.text });
    try {
      const found = await api.get(`files/${part(wanted)}`);
      if (wanted === this.#name) this.#opened(found, draft);
    } catch (error) {
      if (wanted !== this.#name) return;
      put(this.pane, h("div", { class: "empty" }, h("h2", null, `No file ${wanted}`), h("p", null, error.message), h("a", { class: "button", href: "#/files" }, "All files")));
    }
  }

  #opened(file, draft = null) {
    this.#file = file;
    if (!this.whole.isConnected) put(this.pane, this.whole);
    say(this.title, this.#name);
    this.notice.hidden = true;
    this.editor.value = draft?.text ?? file.text;
    this.#marks();
    put(this.plans);
    this.pane.scrollTop = 0;
    this.#check();
    if (draft && draft.tag !== file.tag) this.#elsewhere();
  }

  /** A new file is a draft until it is saved. */
  async #new({ name = "scenario.yaml", text = STARTER } = {}) {
    const given = await askText("New scenario file", "File name", this.#free(name), "Create");
    if (!given) return;
    const wanted = /\.ya?ml$/.test(given) ? given : `${given}.yaml`;
    if (wanted.split("/").some((each) => ["", ".", ".."].includes(each))) {
      tell(`${wanted} leads out of the served folder.`, { bad: true });
      return undefined;
    }
    if (state.files.files.some((file) => file.name === wanted)) {
      tell(`${wanted} is there already.`, { bad: true });
      return go("files", wanted);
    }
    this.#drafts.set(wanted, { text, tag: null });
    go("files", wanted);
    setTimeout(() => this.editor.focus());
  }

  #free(name) {
    const taken = new Set(state.files.files.map((file) => file.name));
    const [stem, ending] = [name.replace(/\.ya?ml$/, ""), /\.ya?ml$/.exec(name)?.[0] ?? ".yaml"];
    for (let index = 1; ; index += 1) {
      const wanted = `${stem}${index === 1 ? "" : `-${index}`}${ending}`;
      if (!taken.has(wanted)) return wanted;
    }
  }

  #dirty() {
    return this.#file !== null && (this.#file.tag === null || this.editor.value !== this.#file.text);
  }

  #typed() {
    if (this.#dirty()) this.#drafts.set(this.#name, { text: this.editor.value, tag: this.#file.tag });
    else this.#drafts.delete(this.#name);
    this.#marks();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), TYPING_MS);
  }

  #marks() {
    const dirty = this.#dirty();
    this.flag.hidden = !dirty;
    this.saveButton.disabled = !dirty || !state.files.editable;
    this.revert.hidden = !dirty;
    this.revert.textContent = this.#file?.tag === null ? "Discard" : "Undo all";
    this.list.render();
  }

  #revert() {
    this.#drafts.delete(this.#name);
    if (this.#file.tag === null) return go("files");
    this.#open();
  }

  /** The newest text counts: what was asked of an older one is given up, here and by the fake. */
  async #check() {
    const mine = (this.#asked += 1);
    const text = this.editor.value;
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    const found = await attempt(() => api.post("validate", { text, name: this.#name }, signal));
    if (!found || mine !== this.#asked) return;
    this.#tellMistakes(found.mistakes);
    if (found.mistakes.length > 0) return this.plans.classList.add("stale");
    const planned = await attempt(() => api.post("plans", { text }, signal));
    if (!planned || mine !== this.#asked) return;
    this.plans.classList.remove("stale");
    put(this.plans, planned.plans.map((plan) => planCard(plan, planned.plans.length)));
  }

  #tellMistakes(mistakes) {
    this.editor.mistakes = mistakes;
    const bad = mistakes.length > 0;
    this.verdict.className = `small verdict ${bad ? "bad" : "good"}`;
    put(this.verdict, icon(bad ? "warn" : "check"), h("span", null, bad ? `${count(mistakes.length, "mistake")}: it cannot be saved like this. F8 goes to the next one.` : "No mistakes."));
    put(this.mistakes, mistakes.map(({ line, column, message }) => h("li", null, h("button", { type: "button", class: "plain", onclick: () => this.editor.go(line, column) }, h("span", { class: "soft numbers" }, `${line}:${column}`), h("span", null, message)))));
  }

  async save() {
    if (!this.#dirty() || !state.files.editable) return;
    const name = this.#name;
    const text = this.editor.value;
    try {
      const saved = await api.put(`files/${part(name)}`, { text, tag: this.#file.tag });
      this.#drafts.delete(name);
      if (name === this.#name) this.#file = { ...saved, text };
      this.notice.hidden = true;
      tell(`Saved ${name}. New requests get it.`);
      this.#marks();
      await attempt(refreshFiles);
    } catch (error) {
      if (error instanceof ApiError && error.mistakes) {
        this.#tellMistakes(error.mistakes);
        tell(`${name} has mistakes and was not saved.`, { bad: true });
        this.editor.nextMistake(1);
      } else if (error instanceof ApiError && error.status === 409) this.#conflict();
      else tell(error.message, { bad: true });
    }
  }

  /** The file was changed by somebody else: what is typed here is kept until its author decides. */
  async #elsewhere() {
    const wanted = this.#name;
    if (!this.#file) return;
    const found = await api.get(`files/${part(wanted)}`).catch(() => null);
    if (wanted !== this.#name || !this.#file || found?.tag === this.#file.tag) return;
    if (found && !this.#dirty()) return this.#opened(found);
    if (found) this.#conflict(found);
  }

  async #conflict(found = null) {
    found ??= await attempt(() => api.get(`files/${part(this.#name)}`));
    if (!found) return;
    const theirs = () => {
      this.#drafts.delete(this.#name);
      this.#opened(found);
    };
    const mine = () => {
      this.#file = found;
      this.notice.hidden = true;
      this.#typed();
      this.save();
    };
    put(this.notice, h("p", null, "This file was changed elsewhere since you opened it."), h("button", { type: "button", class: "tiny", onclick: theirs }, "Take that version"), h("button", { type: "button", class: "tiny", onclick: mine }, "Save mine over it"));
    this.notice.hidden = false;
  }
}

function noFolder(folder) {
  const program = state.status?.program ?? "mock-ares";
  const port = /:\d+$/.exec(state.status?.url ?? "")?.[0].slice(1);
  const commands = `${program} init scenarios\n${program} serve scenarios${port && port !== "3000" ? ` --port ${port}` : ""}`;
  return [
    h("h2", null, folder === null ? "No folder is served" : "These files cannot be changed here"),
    h("p", null, "Scenario files of a folder can be edited here, and are served as soon as they are saved. End this fake, and paste this where it was started:"),
    h("div", { class: "command" }, h("code", null, commands), h("button", { type: "button", class: "tiny", onclick: () => copy(commands, "the commands") }, icon("copy"), "Copy")),
    h("p", null, "Until then ", h("a", { href: address("scenarios") }, "each scenario"), " can be looked at, served and downloaded, and ", h("a", { href: address("journal") }, "each answer of the journal"), " saved as a file."),
  ];
}

function makeRow() {
  const parts = { name: h("span", { class: "title" }), chips: h("span", { class: "chips" }), about: h("span", { class: "about" }) };
  const row = h("div", { class: "row scenario" }, parts.name, parts.chips, parts.about);
  row.parts = parts;
  return row;
}

function fillRow(row, file, draft) {
  const bad = file.mistakes.length > 0;
  say(row.parts.name, file.name);
  const about = bad
    ? { "last-good": "the last good version is served", nothing: "nothing of it is served", current: "" }[file.serving]
    : (file.scenario ?? "no scenario");
  say(row.parts.about, about);
  const said = `${bad ? file.mistakes.length : ""}${draft}`;
  if (row.parts.chips.said !== said) {
    row.parts.chips.said = said;
    put(row.parts.chips, bad && h("span", { class: "chip bad" }, h("span", null, count(file.mistakes.length, "mistake"))), draft && h("span", { class: "chip warn" }, h("span", null, "not saved")));
  }
  row.setAttribute("aria-label", `${file.name}, ${bad ? count(file.mistakes.length, "mistake") : "no mistakes"}${draft ? ", not saved" : ""}`);
}
