// The live controls: what holds for every stream from now on, and what the next reply is broken with.

import { api } from "./api.js";
import { DIALECTS } from "./client.js";
import { agree } from "./dialogs.js";
import { field, h, icon, options, put, say } from "./dom.js";
import { count } from "./format.js";
import { Breaker } from "./breaks.js";
import { announce, attempt } from "./notices.js";
import { address } from "./route.js";
import { on, state } from "./store.js";

export const SPEEDS = [0, 0.1, 0.25, 0.5, 1, 2, 5, 10, 100, "instant"];
const WORDS = { 0: "paused", instant: "instant" };
export const speedWord = (speed) => WORDS[speed] ?? `${speed}×`;

export class Controls {
  #before = 1; // the speed to go back to after a pause

  constructor(element) {
    this.served = h("div", { class: "served" });
    this.pause = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.togglePause() });
    this.slider = h("input", { type: "range", min: "0", max: String(SPEEDS.length - 1), step: "1", oninput: () => this.#slide(), onchange: () => this.#slid(), "aria-describedby": "speed-hint" });
    this.speed = h("output", { class: "speed numbers" });
    this.dialect = h("select", { onchange: () => this.#change({ dialect: this.dialect.value || null }) });
    this.profile = h("select", { onchange: () => this.#change({ profile: this.profile.value }) });
    this.latency = h("input", { type: "number", min: "0", max: "600000", step: "50", inputmode: "numeric", onchange: () => this.#late() });
    this.breaker = new Breaker();
    this.more = h("div", { class: "actions" });
    options(this.profile, [["docs", "docs: as its pages say"], ["server", "server: as its source does"]]);
    put(
      element,
      h("section", { class: "group-box" }, h("h2", { class: "small-head" }, "Now serving"), this.served),
      this.#speedBox(),
      h("section", { class: "group-box" }, h("h2", { class: "small-head" }, "Break the next reply"), this.breaker.element),
      h("section", { class: "group-box" }, h("h2", { class: "small-head" }, "Every answer"), field("Latency in ms", this.latency, { hint: "Every answer is late by this, whatever the speed." }), field("Dialect", this.dialect), field("Profile", this.profile)),
      h("section", { class: "group-box" }, this.more),
    );
    put(this.more, h("button", { type: "button", class: "tiny", onclick: () => this.#reset() }, "Reset the fake"));
    this.more.append(h("p", { class: "hint" }, "Ends open streams, empties the journal, and sets everything back to how the fake was started."));
    on("settings status", () => this.#settings());
    on("chosen scenarios status", () => this.#served());
  }

  #speedBox() {
    const label = h("label", { for: "speed", class: "reader" }, "Speed");
    this.slider.id = "speed";
    return h(
      "section",
      { class: "group-box" },
      h("h2", { class: "small-head" }, "Speed", this.speed),
      label,
      h("div", { class: "speed-row" }, this.pause, this.slider),
      h("p", { class: "hint", id: "speed-hint" }, "Holds for running streams, too."),
    );
  }

  focusSpeed() {
    this.slider.focus();
  }

  focusBreak() {
    this.breaker.focus();
  }

  #slide() {
    const speed = SPEEDS[this.slider.value];
    say(this.speed, speedWord(speed));
    this.slider.setAttribute("aria-valuetext", speedWord(speed));
  }

  #slid() {
    this.#change({ speed: SPEEDS[this.slider.value] });
  }

  async togglePause() {
    const { speed } = state.settings ?? {};
    if (speed === undefined) return;
    if (speed !== 0) this.#before = speed;
    const next = speed === 0 ? this.#before : 0;
    await this.#change({ speed: next });
    announce(next === 0 ? "Paused" : `Speed ${speedWord(next)}`);
  }

  faster(by) {
    const at = nearest(state.settings?.speed ?? 1);
    const speed = SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, at + by))];
    this.#change({ speed });
    announce(`Speed ${speedWord(speed)}`);
  }

  async #change(settings) {
    const done = await attempt(() => api.patch("settings", settings));
    if (!done) this.#settings();
  }

  #late() {
    const typed = Number(this.latency.value);
    const wrong = !Number.isFinite(typed) || typed < 0 || typed > 600_000;
    this.latency.setAttribute("aria-invalid", String(wrong));
    if (!wrong) this.#change({ latency: typed / 1000 });
  }

  #settings() {
    const { settings, status } = state;
    if (!settings) return;
    const { speed, dialect, profile, latency } = settings;
    if (speed !== 0) this.#before = speed;
    this.slider.value = nearest(speed);
    say(this.speed, speedWord(speed));
    this.speed.classList.toggle("held", speed === 0);
    this.slider.setAttribute("aria-valuetext", speedWord(speed));
    this.pause.setAttribute("aria-pressed", String(speed === 0));
    this.pause.setAttribute("aria-label", speed === 0 ? "Go on" : "Pause every stream");
    this.pause.title = `${speed === 0 ? "Go on" : "Pause every stream"} (p)`;
    if (this.pause.shown !== speed) put(this.pause, icon(speed === 0 ? "play" : "pause"));
    this.pause.shown = speed;
    const own = { docs: "text", server: "typed" }[profile] ?? status?.default_dialect ?? "";
    options(this.dialect, [["", `the profile's: ${own}`], ...DIALECTS], dialect ?? "");
    this.profile.value = profile;
    if (document.activeElement !== this.latency) this.latency.value = Math.round(latency * 1000);
  }

  #served() {
    const { all, tokens, default: fallback } = state.chosen;
    const link = (name) => h("a", { href: address("scenarios", name) }, name);
    const others = Object.keys(tokens).length;
    const said = JSON.stringify(state.chosen);
    if (this.served.said === said) return;
    this.served.said = said;
    put(
      this.served,
      h("p", { class: "now" }, all ? ["Every chat is answered by ", link(all), "."] : ["By the first scenario whose conditions fit the chat; if none does, by ", fallback ? link(fallback) : "the built-in one", "."]),
      others > 0 && h("p", { class: "hint" }, `${count(others, "token")} with a choice of ${others === 1 ? "its" : "their"} own`),
      h("div", { class: "actions" }, h("a", { class: "button tiny", href: "#/scenarios" }, "Choose a scenario"), all && h("button", { type: "button", class: "tiny", onclick: () => attempt(() => api.put("chosen", { scenario: null }), "Each chat is answered by the scenario that fits it.") }, "Take back")),
    );
  }

  async #reset() {
    const text = "Open streams end. The journal, tokens, breaks and choices are forgotten. Files are left alone.";
    if (!(await agree("Reset the fake?", text, "Reset"))) return;
    attempt(() => api.post("reset"), "The fake is as it was started.");
  }
}

function nearest(speed) {
  if (speed === "instant") return SPEEDS.length - 1;
  let found = 0;
  SPEEDS.forEach((each, index) => {
    if (typeof each === "number" && Math.abs(each - speed) < Math.abs(SPEEDS[found] - speed)) found = index;
  });
  return found;
}

