// One request, opened: its stream large, its text, its bytes, the request itself, and what to do with it.

import { api, ApiError, part } from "./api.js";
import { append, byId, field, h, icon, put, say } from "./dom.js";
import { asked, bytesOf, count, duration, endingOf, number, size, time, visible } from "./format.js";
import { attempt, copy, tell } from "./notices.js";
import { outcomeOf, pageSees, verdict } from "./outcome.js";
import { Pieces } from "./pieces.js";
import { address, go } from "./route.js";
import { refreshFiles, state } from "./store.js";
import { drawTimeline } from "./timeline.js";

const AGAIN_MS = 350; // between two looks at a stream that runs

export class RequestPane {
  number = null;
  #detail = null;
  #asked = false;
  #timer = null;
  #most = 500;

  constructor() {
    this.element = h("section", { class: "pane", "aria-label": "Request", tabindex: "-1" });
    this.#build();
    this.#nothing();
    addEventListener("themechange", () => this.#draw());
    new ResizeObserver(() => this.#draw()).observe(this.canvas);
    setInterval(() => state.journal.get(this.number)?.ending === "open" && !document.hidden && this.#draw(), 100);
  }

  #build() {
    const back = h("a", { class: "button plain back", href: "#/journal", "aria-label": "Back to the journal" }, icon("back"));
    this.title = h("h2", { dir: "auto" });
    this.facts = h("p", { class: "facts" });
    this.why = h("p", { class: "why" });
    this.actions = h("div", { class: "actions" }, this.#buildActions());
    this.canvas = h("canvas", { class: "large", role: "img", "aria-label": "The reads as they came" });
    this.pictured = h("p", { class: "small soft" });
    this.read = h("div", { class: "as-client" });
    this.page = h("div", { class: "as-page" });
    this.pieces = new Pieces(
      [
        { id: "wire", label: "Wire", title: "As they left, HTTP chunk framing too", framing: false, events: true },
        { id: "events", label: "Events", title: "The payload, an event or a part of one in each row", framing: false, events: true },
      ],
      { ondemand: () => this.#more() },
    );
    this.asked = h("dl", { class: "pairs" });
    this.body = h("pre", { class: "box", tabindex: "0" });
    this.curl = h("code", { translate: "no" });
    this.save = h("form", { class: "save", hidden: true, onsubmit: (event) => this.#save(event) });
    this.whole = h(
      "div",
      { class: "opened" },
      h("header", { class: "opened-head" }, back, h("div", { class: "grow" }, this.title, this.facts, this.why)),
      this.actions,
      this.save,
      h("section", { class: "section" }, h("h3", null, "Timeline"), this.canvas, this.pictured),
      h(
        "div",
        { class: "readings" },
        h("section", { class: "section" }, h("h3", null, "As a correct client reads it"), this.read),
        h("section", { class: "section" }, h("h3", null, "As a page in a browser sees it"), this.page),
      ),
      h("section", { class: "section" }, h("h3", null, "Again"), h("div", { class: "command" }, this.curl, this.#copyCurl())),
      this.pieces.element,
      h("section", { class: "section" }, h("h3", null, "Request"), this.asked, this.body),
    );
  }

  #copyCurl() {
    return h("button", { type: "button", class: "tiny", onclick: () => copy(this.curl.textContent, "the curl line") }, icon("copy"), "Copy");
  }

  #buildActions() {
    this.saveButton = h("button", { type: "button", onclick: () => this.openSave() }, icon("save"), "Save as scenario");
    this.againButton = h("button", { type: "button", onclick: () => this.again() }, icon("compose"), "Ask again");
    this.releaseButton = h("button", { type: "button", class: "primary", hidden: true, title: "The stream stands at a pause until released; this ends it.", onclick: () => this.release() }, icon("play"), "Release");
    return [this.releaseButton, this.againButton, this.saveButton];
  }

  #nothing() {
    put(this.element, h("div", { class: "empty" }, h("p", null, "Open a request to see its stream, its text and its bytes.")));
  }

  show(wanted) {
    if (wanted === this.number) return;
    this.number = wanted;
    this.#detail = null;
    this.#most = 500;
    clearTimeout(this.#timer);
    this.#timer = null;
    if (wanted === null) return this.#nothing();
    this.pieces.clear();
    this.save.hidden = true;
    put(this.read);
    put(this.page);
    this.element.scrollTop = 0;
    put(this.element, this.whole);
    const known = state.journal.get(wanted);
    if (known) this.#summary(known);
    else put(this.title, `Request ${wanted}`);
    this.#load();
  }

  /** The journal has something new of this request. */
  changed() {
    const request = state.journal.get(this.number);
    if (!request || this.number === null) return;
    this.#summary(request);
    this.#draw();
    if (!this.#timer) this.#timer = setTimeout(() => this.#load(), request.ending === "open" ? AGAIN_MS : 0);
    else if (request.ending !== "open") {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#load(), 0);
    }
  }

  async #load() {
    const wanted = this.number;
    this.#timer = null;
    if (wanted === null || this.#asked) {
      if (this.#asked) this.#timer = setTimeout(() => this.#load(), AGAIN_MS);
      return;
    }
    this.#asked = true;
    try {
      const found = await api.get(`requests/${wanted}`, { most: this.#most });
      if (wanted !== this.number) return;
      this.#detail = found;
      this.#fill(found);
    } catch (error) {
      if (wanted === this.number && error instanceof ApiError && error.status === 404) this.#gone(wanted);
    } finally {
      this.#asked = false;
      if (wanted !== this.number && this.number !== null) this.#load();
    }
  }

  #gone(wanted) {
    put(this.element, h("div", { class: "empty" }, h("h2", null, `Request ${wanted} is forgotten`), h("p", null, "The journal keeps the latest requests only, and forgets all when the fake is started anew."), h("a", { class: "button", href: "#/journal" }, "Back to the journal")));
  }

  #more() {
    this.#most = Math.min(10_000, this.#most * 4);
    this.#load();
  }

  #summary(request) {
    const [word, kind, meaning] = endingOf(request);
    this.releaseButton.hidden = !request.held;
    say(this.title, request.message === null ? asked(request) : visible(request.message) || "(an empty message)");
    this.why.hidden = request.reason === "";
    say(this.why, request.reason && `${request.reason[0].toUpperCase()}${request.reason.slice(1)}.`);
    const failed = request.status >= 400;
    const facts = [
      h("span", { class: `status ${failed ? "bad" : request.status === null ? "soft" : "good"}` }, request.status ?? "no status"),
      h("span", { class: `word ${kind}`, title: meaning }, word),
      request.duration !== null && duration(request.duration),
      `${count(request.segments, "segment")}, ${size(request.bytes)}`,
      request.scenario && h("a", { href: address("scenarios", request.scenario) }, request.scenario, request.reply === null ? "" : `, reply ${request.reply + 1}`),
      request.broken && h("span", { class: "chip bad" }, h("span", null, `broken: ${request.broken}`)),
      ...request.faults.filter((name) => name !== request.broken).map((name) => h("span", { class: "chip warn" }, h("span", null, name))),
    ];
    const said = facts.filter(Boolean).map((fact) => fact.textContent ?? fact).join();
    if (this.facts.said === said) return;
    this.facts.said = said;
    put(this.facts, facts.map((fact) => fact && h("span", { class: "fact" }, fact)));
  }

  #fill(found) {
    this.#summary(found);
    this.#draw();
    put(this.read, outcomeOf(found));
    const page = pageSees(found);
    put(this.page, [...page.rows.map(([kind, sign, text]) => verdict(kind, sign, text)), !page.asked && h("p", { class: "small soft" }, "It was not a browser that asked; this is what a page would see.")]);
    say(this.curl, found.curl);
    this.saveButton.disabled = found.scenario_text === null;
    this.saveButton.title = found.scenario_text === null ? "No scenario gave this answer." : "";
    this.againButton.disabled = found.message === null;
    this.#bytes(found.plan);
    const pairs = [
      ["Number", `#${found.number}`],
      ["Came", time(found.time)],
      ["Asked for", `${asked(found)}${found.query && `?${found.query}`}`],
      ["Token", found.token && (found.token_name ? `${found.token_name} (${found.token})` : found.token)],
      ["Credentials", found.credentials],
      ["Seed", found.seed],
      ["Read ends", { exact: "exact: the fake waited until the client had read", "best-effort": "best effort: this platform cannot tell when the client reads", none: null }[found.boundaries]],
      ["Before the fault", { exact: "exact: the client had read all of it", "best-effort": "best effort: nobody can tell what the client had read", none: null }[found.before_fault]],
      ["Client left", found.client_left_at !== null && `after ${duration(found.client_left_at)}`],
      ...found.headers.map(([name, value]) => [h("code", null, name), h("code", null, visible(value))]),
    ];
    put(this.asked, pairs.filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "").map(([name, value]) => [h("dt", null, name), h("dd", null, value)]));
    say(this.body, found.body);
    this.body.hidden = found.body === "";
    if (found.body_size > found.body.length) append(this.asked, [h("dt", null, "Body"), h("dd", null, `${number(found.body_size)} bytes, the first of them here`)]);
  }

  #bytes(plan) {
    if (!plan) {
      say(this.pieces.note, "The bytes of this answer are no longer kept.");
      return;
    }
    const streams = plan.dialect !== "none" && plan.dialect !== "json";
    say(this.pieces.note, `${plan.framing}${plan.gzip ? ", gzip" : ""}, ${plan.dialect === "none" ? "no stream" : `dialect ${plan.dialect}`}: ${number(plan.payload_size)} bytes of payload, ${number(plan.size)} on the wire behind the head. ${plan.ending.said}`);
    const rows = plan.segments.items.map((each) => ({ at: each.sent_at, size: each.size, bytes: bytesOf(each.bytes), offset: each.offset, cut: each.boundary }));
    if (plan.head) rows.unshift({ at: plan.segments.items[0]?.sent_at ?? null, size: atob(plan.head).length, bytes: bytesOf(plan.head), offset: 0, note: "head", head: true, sent: this.#detail.status !== null });
    this.pieces.update("wire", rows, { framing: plan.framing === "chunked", events: streams && !plan.gzip, total: plan.segments.total + (plan.head ? 1 : 0) });
    this.pieces.update("events", plan.events.items.map((each) => ({ at: each.at, size: each.size, bytes: bytesOf(each.bytes), offset: each.offset, sent: each.sent, note: each.chunk === null ? null : `chunk ${each.chunk + 1}` })), { events: streams, total: plan.events.total });
  }

  #draw() {
    const request = state.journal.get(this.number) ?? this.#detail;
    if (!request) return;
    const sent = state.journal.sentOf(this.number);
    const running = request.ending === "open";
    const elapsed = request.duration ?? (running ? performance.now() / 1000 - request.seen : 0);
    const plan = this.#detail?.plan;
    const known = plan?.segments.items.filter((each) => each.sent_at !== null) ?? [];
    const fromPlan = !sent || !sent.whole || (known.length > sent.moments.length && !running);
    const lane = fromPlan ? { moments: known.map((each) => each.sent_at), sizes: known.map((each) => each.size) } : { moments: sent.moments, sizes: sent.sizes };
    const lanes = [{ label: "sent", ...lane, end: Math.max(elapsed, lane.moments.at(-1) ?? 0), ending: request.ending, open: running }];
    if (plan && plan.segments.items.length > 0) {
      const items = plan.segments.items;
      lanes.push({ label: "planned", faint: true, moments: items.map((each) => each.at), sizes: items.map((each) => each.size), holds: plan.holds, end: Math.max(plan.ending.at, items.at(-1).at), ending: plan.ending.kind, open: false });
    }
    drawTimeline(this.canvas, lanes);
    const said = `${count(request.segments, "segment")} with ${size(request.bytes)}${lane.moments.length > 0 ? `, the first after ${duration(lane.moments[0])}` : ""}; ${running ? "it is running" : `${endingOf(request)[0]} after ${duration(elapsed)}`}`;
    if (this.canvas.getAttribute("aria-label") !== said) this.canvas.setAttribute("aria-label", said);
    if (!running) say(this.pictured, `${endingOf(request)[2]}${plan ? ` Planned: ${plan.ending.said}.` : ""}`);
    else say(this.pictured, request.held ? `Held at pause ${request.held}${plan ? ` of ${plan.holds.length}` : ""}, until released.` : "The exchange is going on.");
  }

  async release() {
    await attempt(() => api.post(`requests/${this.number}/release`));
  }

  again() {
    if (!this.#detail?.message && this.#detail?.message !== "") return;
    dispatchEvent(new CustomEvent("compose", { detail: { message: this.#detail.message, path: this.#detail.path } }));
  }

  copyCurl() {
    if (this.#detail) copy(this.#detail.curl, "the curl line");
  }

  async openSave() {
    await attempt(refreshFiles); // it can be pressed before the page knows of a folder
    if (!this.#detail?.scenario_text) return;
    const { editable } = state.files;
    const name = h("input", { type: "text", value: `request-${this.number}.yaml`, autocomplete: "off", spellcheck: "false", required: true });
    const hint = editable ? `Into ${state.files.folder}.` : "The fake serves no folder that could be saved into; this downloads the file.";
    put(
      this.save,
      field("File name", name, { hint }),
      h("div", { class: "actions" }, h("button", { class: "primary", type: "submit" }, editable ? "Save" : "Download"), h("button", { type: "button", onclick: () => this.#closeSave() }, "Cancel")),
      h("details", null, h("summary", null, "What the file will say"), h("pre", { class: "box" }, this.#detail.scenario_text)),
    );
    this.save.hidden = false;
    name.focus();
    name.setSelectionRange(0, name.value.length - 5);
  }

  #closeSave() {
    this.save.hidden = true;
    this.saveButton.focus();
  }

  async #save(event) {
    event.preventDefault();
    const text = this.#detail.scenario_text;
    const typed = this.save.querySelector("input").value.trim();
    const name = /\.ya?ml$/.test(typed) ? typed : `${typed}.yaml`;
    if (!state.files.editable) {
      download(name, text);
      tell(`Downloaded ${name}.`);
      return this.#closeSave();
    }
    const saved = await attempt(async () => {
      try {
        return await api.put(`files/${part(name)}`, { text, tag: null });
      } catch (error) {
        if (error.status === 409) throw new Error(`${name} is there already: choose another name.`);
        throw error;
      }
    }, `Saved as ${name}.`);
    if (!saved) return byId(this.save.querySelector("input").id)?.focus();
    this.#closeSave();
    await attempt(refreshFiles);
    go("files", name);
  }
}

export function download(name, text) {
  const link = h("a", { download: name.split("/").pop(), href: URL.createObjectURL(new Blob([text], { type: "application/yaml" })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

