// The journal: a row for each request, with its stream drawn as it happens.

import { api } from "./api.js";
import { append, h, icon, options, put, say } from "./dom.js";
import { asked, count, duration, endingOf, isPreflight, isWholeError, number, short, size, time, visible } from "./format.js";
import { attempt } from "./notices.js";
import { RequestPane } from "./request.js";
import { go } from "./route.js";
import { on, state } from "./store.js";
import { drawRow } from "./timeline.js";
import { VirtualList } from "./virtual.js";

const USUAL = "/api/chat/stream"; // not worth its room in each row
const AT_ONCE = 3; // questions to the fake about rows of before; a browser has six connections for all its tabs
const ENDINGS = ["open", "complete", "close", "reset", "reset-stream", "hang", "client-left", "ended"];

export class JournalView {
  #fresh = 0;
  #top = 0; // the highest number that was there when the top was last seen
  #learning = false;

  constructor() {
    this.pane = new RequestPane();
    this.search = h("input", { type: "search", placeholder: "Filter", "aria-label": "Filter requests by message, path, scenario or number", oninput: () => this.update() });
    this.ending = h("select", { "aria-label": "Ending", onchange: () => this.update() });
    this.token = h("select", { "aria-label": "Token", onchange: () => this.update() });
    options(this.ending, [["", "Any ending"], ...ENDINGS.map((word) => [word, endingOf({ ending: word })[0]]), ["error", "HTTP error"]], "");
    this.preflights = h("input", { type: "checkbox", onchange: () => this.update() });
    this.folded = h("label", { class: "inline small", hidden: true, title: "Browsers ask them by themselves, before a page's own request to another origin." }, this.preflights, h("span"));
    this.list = new VirtualList({
      label: "Requests, newest first",
      key: (request) => request.number,
      make: makeRow,
      fill: (row, request) => this.#fill(row, request),
      chosen: (request) => request.number === this.pane.number,
      open: (request) => go("journal", request.number),
      after: (first, last) => this.#seen(first, last),
    });
    this.newer = h("button", { type: "button", class: "newer primary", hidden: true, onclick: () => this.list.toTop() }, icon("up"), h("span"));
    this.total = h("p", { class: "small soft numbers total" });
    this.clear = h("button", { type: "button", class: "tiny", onclick: () => attempt(() => api.delete("requests"), "The journal is empty.") }, "Clear");
    this.empty = h("div", { class: "empty", hidden: true });
    this.element = h(
      "section",
      { class: "view journal", "aria-label": "Journal" },
      h(
        "div",
        { class: "side" },
        h("div", { class: "head" }, h("div", { class: "grow" }, this.search), h("div", { class: "filters" }, this.ending, this.token), this.folded),
        h("div", { class: "list-frame" }, this.list.element, this.newer, this.empty),
        h("div", { class: "foot" }, this.total, this.clear),
      ),
      this.pane.element,
    );
    this.update = this.update.bind(this);
    on("journal", (numbers) => this.#changed(numbers));
    on("tokens", () => this.#tokens());
    addEventListener("themechange", () => this.list.render());
    this.#tick();
  }

  /** A route: the number of a request, or nothing. */
  show(argument) {
    const wanted = argument ? Number(argument) : null;
    this.element.toggleAttribute("data-open", wanted !== null);
    this.pane.show(wanted);
    this.list.current = wanted ?? this.list.current;
    if (wanted !== null) {
      const at = this.list.indexOf(wanted);
      if (at >= 0) this.list.reveal(at);
    }
    this.update();
  }

  focus() {
    this.list.element.focus();
  }

  step(by) {
    this.list.move(by, { open: true });
  }

  leave() {
    if (!this.element.hasAttribute("data-open")) return false;
    go("journal");
    this.focus();
    return true;
  }

  #changed(numbers) {
    if (numbers === undefined || !numbers.every((each) => each <= this.#top) || this.#filtered()) this.update();
    else this.list.render();
    if (numbers === undefined || numbers.includes(this.pane.number)) this.pane.changed();
  }

  #filtered() {
    return this.search.value !== "" || this.ending.value !== "" || this.token.value !== "";
  }

  /** Preflights are folded unless they are asked for, by the switch or in words. */
  #folds() {
    return !this.preflights.checked && !/options|preflight/i.test(this.search.value);
  }

  update() {
    this.#wanted = true;
    this.#later();
  }

  #wanted = false;
  #scheduled = false;

  /** Once a frame at most, however many requests come. */
  #later() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    const run = () => {
      this.#scheduled = false;
      if (this.#wanted) this.#update();
    };
    if (document.hidden) setTimeout(run, 200);
    else requestAnimationFrame(run);
  }

  #update() {
    this.#wanted = false;
    const all = [...state.journal];
    const preflights = all.filter(foldable).length;
    const shown = this.#folds() && preflights > 0 ? all.filter((request) => !foldable(request)) : all;
    const items = this.#filtered() ? shown.filter((request) => this.#passes(request)) : shown;
    const before = this.#top;
    this.#top = all[0]?.number ?? 0;
    this.list.update(items);
    if (this.list.atTop) this.#fresh = 0;
    else if (before > 0) this.#fresh += items.findIndex((request) => request.number <= before);
    this.folded.hidden = preflights === 0;
    say(this.folded.lastChild, count(preflights, "preflight"));
    this.#tell(items.length, shown.length);
  }

  #passes(request) {
    if (this.token.value && request.token !== this.token.value) return false;
    const ending = this.ending.value;
    if (ending === "error" && !(request.status >= 400)) return false;
    if (ending && ending !== "error" && request.ending !== ending) return false;
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) return true;
    const said = `${isPreflight(request) ? "preflight " : ""}#${request.number} ${request.method} ${request.path} ${request.message ?? ""} ${request.scenario} ${request.status ?? ""} ${request.token_name} ${request.ending} ${request.faults.join(" ")} ${request.broken ?? ""} ${request.reason}`.toLowerCase();
    return words.every((word) => said.includes(word));
  }

  #tell(shown, all) {
    const running = state.status ? [...state.journal].filter((request) => request.ending === "open").length : 0;
    const text = shown === all ? count(all, "request") : `${number(shown)} of ${count(all, "request")}`;
    say(this.total, running > 0 ? `${text}, ${number(running)} streaming` : text);
    this.clear.disabled = all === 0;
    this.newer.hidden = this.#fresh === 0;
    say(this.newer.lastChild, `${number(this.#fresh)} new`);
    this.empty.hidden = shown > 0;
    this.list.element.classList.toggle("is-empty", shown === 0);
    if (shown === 0) this.#fillEmpty(all > 0);
  }

  #fillEmpty(filtered) {
    const kind = filtered ? "filtered" : `none ${state.status?.url ?? ""}`;
    if (this.empty.dataset.kind === kind) return;
    this.empty.dataset.kind = kind;
    put(this.empty, filtered ? this.#nothingPasses() : nothingCame());
  }

  #nothingPasses() {
    const clear = () => {
      this.search.value = this.ending.value = this.token.value = "";
      this.update();
    };
    return [h("h2", null, "No request passes the filter"), h("button", { type: "button", onclick: clear }, "Show all requests")];
  }

  #tokens() {
    options(this.token, [["", "Any token"], ...state.tokens.map((token) => [token.id, token.name || token.id])]);
  }

  #fill(row, request) {
    const { parts } = row;
    const [word, kind, meaning] = endingOf(request);
    const failed = request.status >= 400;
    const running = request.ending === "open";
    parts.status.className = `status ${failed ? "bad" : request.status === null ? "soft" : "good"}`;
    say(parts.status, request.status === null ? "···" : String(request.status));
    const title = request.message === null ? asked(request) : visible(request.message) || "(an empty message)";
    say(parts.title, title);
    const broken = request.broken ?? request.faults.join(", ");
    const about = [`#${request.number}`, time(request.time), request.scenario && `${request.scenario}${request.reply ? ` · reply ${request.reply + 1}` : ""}`, request.message === null || request.path === USUAL ? null : request.path, request.token_name, request.reason];
    say(parts.about, about.filter(Boolean).join(" · "));
    say(parts.fault, broken);
    parts.fault.hidden = broken === "";
    parts.ending.className = `word ${kind}`;
    parts.ending.title = meaning;
    say(parts.ending, word);
    const elapsed = request.duration ?? (running ? performance.now() / 1000 - request.seen : 0);
    say(parts.figures, `${duration(elapsed)} · ${short(request.bytes)}`);
    row.classList.toggle("running", running);
    const label = `${request.number}: ${title}. ${request.status ?? "no status yet"}, ${word}${running ? "" : ` after ${duration(elapsed)}`}, ${size(request.bytes)}${broken ? `, broken with ${broken}` : ""}`;
    if (row.getAttribute("aria-label") !== label) row.setAttribute("aria-label", label);
    this.#draw(parts.canvas, request, elapsed);
  }

  #draw(canvas, request, elapsed) {
    const sent = state.journal.sentOf(request.number);
    if (!sent) return; // forgotten; the row goes with the next frame
    const end = Math.max(elapsed, sent.moments.at(-1) ?? 0);
    const running = request.ending === "open";
    const drawn = `${request.number} ${sent.moments.length} ${running ? end.toFixed(2) : end} ${request.ending} ${canvas.clientWidth} ${document.documentElement.dataset.theme} ${devicePixelRatio}`;
    if (canvas.drawn === drawn) return;
    canvas.drawn = drawn;
    drawRow(canvas, { moments: sent.moments, sizes: sent.sizes, end, ending: isWholeError(request) ? "error" : request.ending, open: running });
  }

  /** Rows that came before this page did: their moments are asked for when they are looked at, a few at a time. */
  async #seen(first, last) {
    if (this.list.atTop && this.#fresh > 0) {
      this.#fresh = 0;
      this.newer.hidden = true;
    }
    if (this.#learning || state.link !== "live") return;
    const lacking = (request) => request.segments > 0 && request.ending !== "open" && !state.journal.sentOf(request.number)?.whole;
    const unknown = this.list.items.slice(first, last).filter(lacking).slice(0, AT_ONCE);
    if (unknown.length === 0) return;
    this.#learning = true;
    await Promise.all(unknown.map(({ number }) => learn(number)));
    this.#learning = false;
    this.list.render();
  }

  /** Running streams get longer while nothing is sent: drawn ten times a second, if any is in sight. */
  #tick() {
    setInterval(() => {
      if (document.hidden || this.element.clientWidth === 0) return;
      if (this.list.items.slice(0, 400).some((request) => request.ending === "open")) this.list.render();
    }, 100);
  }
}

/** Not those after which the page's own request does not come. */
const foldable = (request) => isPreflight(request) && request.reason === "" && request.status < 300;

async function learn(number) {
  try {
    const found = await api.get(`requests/${number}`, { most: 1000, most_bytes: 0 });
    const left = (found.plan?.segments.items ?? []).filter((segment) => segment.sent_at !== null);
    state.journal.learn(number, left.map((segment) => segment.sent_at), left.map((segment) => segment.size));
  } catch {
    state.journal.learn(number, [], []); // forgotten meanwhile, and then the row goes, too
  }
}

function makeRow() {
  const parts = {
    status: h("span", { class: "status" }),
    title: h("span", { class: "title", dir: "auto" }),
    about: h("span", { class: "about" }),
    fault: h("span", { class: "fault", hidden: true }),
    canvas: h("canvas", { class: "lane", "aria-hidden": "true" }),
    ending: h("span", { class: "word" }),
    figures: h("span", { class: "figures" }),
  };
  const row = h("div", { class: "row" });
  append(row, [
    parts.status,
    parts.title,
    h("span", { class: "under" }, parts.fault, parts.about),
    parts.canvas,
    h("span", { class: "outcome" }, parts.ending, parts.figures),
  ]);
  row.parts = parts;
  return row;
}

function nothingCame() {
  const origin = state.status?.url ?? location.origin;
  return [
    h("h2", null, "No request yet"),
    h(
      "ol",
      { class: "first" },
      h("li", null, "Point your frontend at ", h("code", null, origin), ", with a token that ", h("code", null, "serve"), " has printed: each request appears here as it comes."),
      h("li", null, "Break its next reply with ", h("a", { href: "#/controls" }, "the controls"), ", or serve ", h("a", { href: "#/scenarios" }, "a bad day of the library"), ", and see what your page does."),
      h("li", null, "Write down what your page must stand as ", h("a", { href: "#/files" }, "a scenario file"), ", or save a request of here as one."),
    ),
    h("div", { class: "actions" }, h("a", { class: "button", href: "#/compose" }, icon("compose"), "Send a message from here"), h("a", { class: "button", href: "#/scenarios" }, "See what is served")),
  ];
}
