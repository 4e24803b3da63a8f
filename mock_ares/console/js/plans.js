// Replies before they are sent: what each will do, when, and what a correct client should make of it.

import { DIALECTS, Reader } from "./client.js";
import { h, icon, put } from "./dom.js";
import { bytesOf, count, duration, number, size } from "./format.js";
import { outcomeWord, restOf, textBox } from "./outcome.js";
import { Pieces } from "./pieces.js";
import { drawTimeline } from "./timeline.js";

/** A card for a plan, or for why there is none. `of` is how many replies there are. */
export function planCard(plan, of) {
  const title = of === 1 ? "Its reply" : `Reply ${plan.reply + 1} of ${of}`;
  if (plan.error !== undefined) {
    return h("article", { class: "plan" }, h("h4", null, title), h("p", { class: "verdict bad" }, icon("warn"), h("span", null, `Cannot be played: ${plan.error}`)));
  }
  const read = readOf(plan);
  const [kind, word] = outcomeWord(plan.expected);
  const canvas = h("canvas", { class: "large single", role: "img", "aria-label": pictured(plan) });
  const draw = () => drawTimeline(canvas, [laneOf(plan)]);
  const seen = new ResizeObserver(draw);
  seen.observe(canvas);
  addEventListener("themechange", function again() {
    if (canvas.isConnected) draw();
    else removeEventListener("themechange", again);
  });
  return h(
    "article",
    { class: "plan" },
    h("div", { class: "plan-head" }, h("h4", null, title), plan.faults.map((name) => h("span", { class: "chip bad" }, h("span", null, name))), h("span", { class: "grow" }), h("span", { class: `chip ${kind}`, title: `as ${plan.expected.why}` }, h("span", null, word))),
    h("p", { class: "small soft" }, facts(plan)),
    canvas,
    textBox(read, { label: "What a correct client reads", empty: "A correct client reads no text.", rest: restOf(plan.expected.text, read) }),
    h("p", { class: "small soft" }, `A correct client: ${word.toLowerCase()}, as ${plan.expected.why}.`),
    details(plan),
  );
}

function facts(plan) {
  const streams = plan.dialect !== "none" && plan.dialect !== "json";
  return [
    plan.status === null ? "no HTTP response" : `HTTP ${plan.status}`,
    streams ? `dialect ${plan.dialect}` : null,
    `${plan.framing}${plan.gzip ? ", gzip" : ""}`,
    plan.chunks > 0 ? count(plan.chunks, "chunk") : null,
    count(plan.segments.total, "segment"),
    size(plan.size),
    duration(plan.duration),
    plan.holds.length > 0 ? `held until released${plan.holds.length > 1 ? `, ${plan.holds.length} times` : ""}` : null,
  ].filter(Boolean).join(" · ");
}

/** The text that stands in what is sent; where the plan is told only in part, the whole one. */
function readOf({ expected, events, ending, dialect, status }) {
  const told = events.items.map((each) => [bytesOf(each.bytes), each.size]);
  const complete = events.total === told.length && told.every(([bytes, size]) => bytes.length === size);
  if (expected.outcome === "exact" || !complete || status !== 200 || !DIALECTS.includes(dialect)) return expected.text;
  const reader = new Reader(dialect);
  let left = ending.stop ?? Infinity;
  for (const [bytes] of told) {
    reader.feed(bytes.subarray(0, Math.max(0, left)));
    left -= bytes.length;
  }
  reader.end();
  return reader.text;
}

function laneOf(plan) {
  const { items } = plan.segments;
  return { moments: items.map((each) => each.at), sizes: items.map((each) => each.size), holds: plan.holds, end: Math.max(plan.ending.at, plan.duration), ending: plan.ending.kind, open: false };
}

const held = (plan) => (plan.holds.length > 0 ? `held ${plan.holds.length > 1 ? `${plan.holds.length} times ` : ""}until released; ` : "");
const pictured = (plan) => `${count(plan.segments.total, "segment")} in ${duration(plan.duration)}; ${held(plan)}then ${plan.ending.said}`;

/** The bytes are made into a table only when somebody wants to see them. */
function details(plan) {
  const summary = h("summary", null, `Its ${count(plan.segments.total, "segment")} in bytes`);
  const box = h("details", null, summary);
  box.addEventListener("toggle", () => {
    if (!box.open || box.children.length > 1) return;
    const streams = plan.dialect !== "none" && plan.dialect !== "json";
    const pieces = new Pieces(
      [
        { id: "wire", label: "Wire", framing: plan.framing === "chunked", events: streams && !plan.gzip, total: plan.segments.total },
        { id: "events", label: "Events", framing: false, events: streams, total: plan.events.total },
      ],
      { title: "Bytes" },
    );
    pieces.update("wire", plan.segments.items.map((each) => ({ at: each.at, size: each.size, bytes: bytesOf(each.bytes), offset: each.offset, cut: each.boundary })));
    pieces.update("events", plan.events.items.map((each) => ({ at: each.at, size: each.size, bytes: bytesOf(each.bytes), offset: each.offset, sent: each.sent, note: each.chunk === null ? null : `chunk ${each.chunk + 1}` })));
    put(pieces.note, `Then: ${plan.ending.said}. ${number(plan.payload_size)} bytes of payload.`);
    box.append(pieces.element);
  });
  return box;
}
