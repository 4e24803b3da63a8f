// The composer: sends a message with a right client, and shows what it reads beside the bytes that came.

import { api, Unreachable } from "./api.js";
import { eachFrame, field, h, icon, options, put, say } from "./dom.js";
import { ask, DIALECTS, Reader } from "./client.js";
import { count, duration, number, size } from "./format.js";
import { announce, attempt } from "./notices.js";
import { textBox, verdict } from "./outcome.js";
import { Pieces } from "./pieces.js";
import { address } from "./route.js";
import { on, state } from "./store.js";
import { drawTimeline } from "./timeline.js";

const PATHS = [
  ["/api/chat/stream", "jwt", true],
  ["/v1/chat/stream", "key", true],
  ["/api/v1/chat/stream", "key", true],
  ["/api/chat", "jwt", false],
  ["/v1/chat", "key", false],
];

export class ComposeView {
  #credentials = null;
  #run = null;

  constructor() {
    this.message = h("textarea", { rows: "3", value: "How do neural networks learn?", onkeydown: (event) => this.#key(event) });
    this.path = h("select");
    options(this.path, PATHS.map(([path]) => path));
    this.agent = h("input", { type: "text", placeholder: "product", autocomplete: "off", spellcheck: "false" });
    this.scenario = h("select");
    this.dialect = h("select", { onchange: () => this.#reread() });
    options(this.dialect, [["", "as it is served"], ...DIALECTS], "");
    this.button = h("button", { type: "submit", class: "primary send" });
    this.#buildOutcome();
    const form = h(
      "form",
      { class: "side compose-form", onsubmit: (event) => this.#submit(event) },
      h("div", { class: "compose-scroll" },
        h("h2", null, "Send a message"),
        field("Message", this.message, { hint: "Ctrl Enter sends." }),
        h("div", { class: "two" }, field("To", this.path), field("Agent type", this.agent)),
        h("div", { class: "two" }, field("Scenario", this.scenario), field("Read as", this.dialect)),
        this.button,
      ),
    );
    this.element = h("section", { class: "view compose", "aria-label": "Compose", "data-open": true }, form, this.pane);
    this.#buttons();
    on("scenarios", () => options(this.scenario, [["", "what is served"], ...state.scenarios.map(({ name }) => name)]));
    options(this.scenario, [["", "what is served"]]);
    on("restarted", () => (this.#credentials = null));
    addEventListener("compose", (event) => this.#take(event.detail));
    addEventListener("themechange", () => this.#draw());
    setInterval(() => this.#run?.outcome === null && !document.hidden && this.render(), 100);
  }

  #buildOutcome() {
    this.state = h("div", { class: "state" });
    this.canvas = h("canvas", { class: "large single", role: "img", "aria-label": "The reads as they came" });
    this.text = h("div", { class: "live-text" });
    this.pieces = new Pieces([{ id: "reads", label: "Reads", framing: false, events: true }], { title: "Bytes, as the browser read them" });
    put(this.pieces.note, "The browser has undone HTTP chunks and gzip. The journal has the bytes of the wire.");
    this.result = h(
      "div",
      { class: "opened" },
      this.state,
      this.canvas,
      h("div", { class: "beside" }, h("section", { class: "section" }, h("h3", null, "Text"), this.text), this.pieces.element),
    );
    this.pane = h("section", { class: "pane", "aria-label": "The answer", tabindex: "-1" });
    put(this.pane, h("div", { class: "empty" }, h("h2", null, "Nothing sent yet"), h("p", null, "The client built in here reads the answer as the standard says, and tells the truth about an error, a broken connection or a reply without its end. Break the next reply, and see what a correct client makes of it.")));
    new ResizeObserver(() => this.#draw()).observe(this.canvas);
    this.render = eachFrame(() => this.#render());
  }

  show() {
    /* nothing in the address */
  }

  focus() {
    this.message.focus();
  }

  leave() {
    if (this.#run?.outcome === null) {
      this.stop();
      return true;
    }
    return false;
  }

  #take({ message, path }) {
    this.message.value = message;
    if (PATHS.some(([each]) => each === path)) this.path.value = path;
    location.hash = address("compose");
    setTimeout(() => this.message.focus());
  }

  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#submit(event);
  }

  #submit(event) {
    event.preventDefault();
    if (this.#run?.outcome === null) this.stop();
    else this.send();
  }

  stop() {
    this.#run?.stop.abort();
  }

  async #token(kind) {
    this.#credentials ??= await api.post("tokens", { name: "console" });
    return kind === "jwt" ? this.#credentials.token : this.#credentials.api_key;
  }

  async send() {
    const [path, kind, streams] = PATHS.find(([each]) => each === this.path.value);
    const token = await attempt(() => this.#token(kind));
    if (!token) return;
    const body = { message: this.message.value, ...(this.agent.value && { agent_type: this.agent.value }) };
    const run = { stop: new AbortController(), reads: [], response: null, headAt: null, outcome: null, started: performance.now(), streams, path, dialect: this.#assumed(), number: null, looked: false };
    run.reader = new Reader(run.dialect);
    this.#run = run;
    this.pieces.clear();
    put(this.pane, this.result);
    this.#buttons();
    this.render();
    const since = Math.max(0, ...[...state.journal].slice(0, 1).map((request) => request.number));
    const tell = {
      head: (response, at) => {
        run.response = response;
        run.headAt = at;
        this.#look(run, since);
        this.render();
      },
      read: (bytes, at) => {
        run.reads.push({ at, bytes, size: bytes.length, offset: run.reads.length === 0 ? 0 : run.reads.at(-1).offset + run.reads.at(-1).size });
        run.reader.feed(bytes);
        this.render();
      },
    };
    const scenario = this.scenario.value;
    run.outcome = await ask({ path, token, body, signal: run.stop.signal, tell, scenario });
    await this.#look(run, since);
    this.#finish(run);
  }

  #assumed() {
    return this.dialect.value || state.settings?.dialect || state.status?.default_dialect || "text";
  }

  /** The journal knows which dialect the reply really has; what was read so far is read anew if it is another. */
  async #look(run, since) {
    if (run.looked || !this.#credentials) return;
    try {
      const found = await api.get("requests", { token: this.#credentials.id, after: since, limit: 1000 });
      run.number = found.requests.at(-1)?.number ?? null;
      if (run.number === null) return;
      const detail = await api.get(`requests/${run.number}`, { most: 1, most_bytes: 0 });
      run.looked = true;
      run.served = detail.plan?.dialect ?? null;
      if (DIALECTS.includes(run.served) && !this.dialect.value && run.served !== run.dialect) this.#readAs(run, run.served);
    } catch (error) {
      if (!(error instanceof Unreachable)) console.error("looking into the journal:", error);
    }
    this.render();
  }

  #reread() {
    if (this.#run) this.#readAs(this.#run, this.dialect.value || (DIALECTS.includes(this.#run.served) ? this.#run.served : this.#assumed()));
  }

  #readAs(run, dialect) {
    run.dialect = dialect;
    run.reader = new Reader(dialect);
    for (const { bytes } of run.reads) run.reader.feed(bytes);
    if (run.outcome) run.end = run.reader.end();
    this.render();
  }

  #finish(run) {
    run.end = run.reader.end();
    this.#buttons();
    this.render();
    if (run === this.#run) announce(this.#verdict(run)[2]);
  }

  #buttons() {
    const running = this.#run?.outcome === null;
    if (this.button.running === running) return;
    this.button.running = running;
    this.button.classList.toggle("primary", !running);
    put(this.button, running ? [icon("x"), "Stop"] : [icon("compose"), "Send"]);
  }

  /** [colour, sign, sentence] */
  #verdict(run) {
    const { outcome, reader, response, end } = run;
    if (outcome === null) return ["accent", "play", response ? "It is streaming." : "Waiting for the answer."];
    if (outcome.kind === "http") return ["bad", "warn", `HTTP ${response.status}: an error, and no answer.`];
    if (outcome.kind === "type") {
      if (!run.streams) return ["good", "check", "An ordinary answer, whole."];
      return ["bad", "warn", `The content type is ${response.headers.get("content-type") ?? "missing"}, expected text/event-stream: no answer.`];
    }
    if (outcome.kind !== "complete") return [outcome.kind === "stopped" ? "warn" : "bad", "warn", outcome.said];
    if (end?.error !== null && end) return ["bad", "warn", `The stream reported an error: ${end.error}`];
    if (end && !end.complete) return ["bad", "warn", `The body ended well, but without ${reader.missing}: the answer is not whole.`];
    return ["good", "check", "The answer is whole."];
  }

  #render() {
    const run = this.#run;
    if (!run) return;
    const [kind, sign, sentence] = this.#verdict(run);
    const bytes = run.reads.length === 0 ? 0 : run.reads.at(-1).offset + run.reads.at(-1).size;
    const elapsed = run.outcome?.at ?? (performance.now() - run.started) / 1000;
    const facts = [
      run.response && `HTTP ${run.response.status}`,
      run.streams && run.response?.status === 200 && `read as ${run.dialect}`,
      count(run.reads.length, "read"),
      size(bytes),
      duration(elapsed),
    ];
    const journal = run.number === null ? null : h("a", { href: address("journal", run.number) }, `#${run.number} in the journal`);
    put(this.state, verdict(kind, sign, sentence), h("p", { class: "facts small numbers" }, facts.filter(Boolean).map((fact) => h("span", { class: "fact" }, fact)), journal));
    this.#text(run);
    const streams = run.response?.status === 200 && run.outcome?.kind !== "type";
    this.pieces.update("reads", run.reads, { events: streams });
    this.#draw();
  }

  #text(run) {
    const streaming = run.response?.status === 200 && run.outcome?.kind !== "type";
    const text = streaming ? run.reader.text : bodyOf(run);
    const shown = `${run.dialect} ${text.length} ${run.reader.unread} ${Boolean(run.outcome)}`;
    if (this.text.shown === shown && this.text.run === run) return;
    Object.assign(this.text, { shown, run });
    const unread = streaming && run.reader.unread > 0 && h("p", { class: "small soft" }, `${count(run.reader.unread, "event")} of no meaning in the dialect ${run.dialect}.`);
    put(this.text, textBox(text, { label: streaming ? "The text" : "The body", empty: run.outcome ? "No text." : "…" }), unread, streaming && text && h("p", { class: "small soft numbers" }, `${number([...text].length)} characters`));
  }

  #draw() {
    const run = this.#run;
    if (!run || !this.canvas.isConnected) return;
    const end = run.outcome?.at ?? (performance.now() - run.started) / 1000;
    const ending = { complete: "complete", http: "complete", type: "complete", lost: "reset", unreachable: "reset", stopped: "client-left" }[run.outcome?.kind] ?? "open";
    drawTimeline(this.canvas, [{ moments: run.reads.map((read) => read.at), sizes: run.reads.map((read) => read.size), end, ending, open: run.outcome === null }], { head: run.headAt });
  }
}

function bodyOf(run) {
  const decoder = new TextDecoder();
  return run.reads.slice(0, 50).map((read) => decoder.decode(read.bytes, { stream: true })).join("");
}
