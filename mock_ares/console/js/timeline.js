// A stream as a picture: bars where bytes left, gaps where it paused, a sign for how it ended. Drawn on a canvas,
// since thousands of bars are nothing to it; what it shows is said in words beside it or in its label.

import { duration } from "./format.js";

const SIGN = 5;

let palette = null;
addEventListener("themechange", () => (palette = null));

function colours() {
  if (palette) return palette;
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["ink", "soft", "line", "line-strong", "accent", "good", "bad", "warn", "card"];
  palette = Object.fromEntries(names.map((name) => [name, of(name)]));
  palette.font = of("sans");
  return palette;
}

/** The next round number of seconds: a scale that grows in steps, so that a running stream does not swim. */
export function scaleFor(seconds) {
  const target = Math.max(seconds, 0.001);
  const power = 10 ** Math.floor(Math.log10(target));
  for (const step of [1, 2, 5, 10]) if (target <= step * power * 1.0001) return step * power;
  return 10 * power;
}

/** Fits a canvas to its place on the page and the screen's pixels. */
function surface(canvas) {
  const ratio = devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const height = canvas.clientHeight;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

/**
 * A lane of a stream in a row of the journal.
 * stream: { moments, sizes, end (s), ending, open }
 */
export function drawRow(canvas, stream) {
  const { context, width, height } = surface(canvas);
  if (width < 20) return;
  const scale = scaleFor(stream.end);
  const lane = { context, left: 1, width: width - 2 * SIGN - 3, middle: height / 2, tall: height * 0.72, scale };
  drawLane(lane, stream, colours());
}

function drawLane(lane, { moments, sizes, end, ending, open, faint, holds = [] }, colour) {
  const { context, left, width, middle, tall, scale } = lane;
  const x = (moment) => left + Math.min(1, moment / scale) * width;
  context.fillStyle = colour["line-strong"];
  drawBase(context, moments, end, x, middle);
  context.fillStyle = faint ? colour.soft : colour.accent;
  for (const [column, bytes] of columns(moments, sizes, x)) {
    const height = Math.max(3, tall * Math.min(1, 0.3 + Math.log2(1 + bytes) / 17));
    context.fillRect(column, middle - height / 2, 2, height);
  }
  for (const { at } of holds) drawHold(context, x(at) + 4, middle, tall, colour);
  drawSign(context, open ? "open" : ending, x(end) + SIGN + 1, middle, colour);
}

/** Where it waits until it is released: behind the bar of that moment. */
function drawHold(context, x, middle, tall, colour) {
  context.fillStyle = colour.warn;
  for (const step of [0, 4]) context.fillRect(x + step, middle - tall * 0.2, 2, tall * 0.4);
}

/** Bars that would fall on one column of pixels are one, with all their bytes. */
function columns(moments, sizes, x) {
  const found = new Map();
  for (let index = 0; index < moments.length; index += 1) {
    const column = Math.round(x(moments[index]) * 2) / 2;
    found.set(column, (found.get(column) ?? 0) + sizes[index]);
  }
  return found;
}

/** The line that the bars stand on: dots where it waits, for the first byte or in a pause. */
function drawBase(context, moments, end, x, middle) {
  let last = 0;
  const usual = pauseOf(moments);
  for (const moment of [...moments, end]) {
    const [from, to] = [x(last), x(moment)];
    if (moment - last > usual && to - from > 8) {
      for (let dot = from + 3; dot < to - 1; dot += 5) context.fillRect(dot, middle - 0.5, 1.5, 1.5);
    } else {
      context.fillRect(from, middle - 0.5, to - from, 1);
    }
    last = moment;
  }
}

/** From how many seconds on a gap is a pause: four times the median gap. */
export function pauseOf(moments) {
  if (moments.length < 3) return 0;
  const gaps = moments.slice(1).map((moment, index) => moment - moments[index]);
  gaps.sort((a, b) => a - b);
  return Math.max(0.02, 4 * gaps[gaps.length >> 1]);
}

function drawSign(context, ending, x, y, colour) {
  context.lineWidth = 1.75;
  context.lineCap = "round";
  context.beginPath();
  if (ending === "complete" || ending === "error") {
    context.fillStyle = ending === "error" ? colour.bad : colour.good;
    context.arc(x, y, 3.5, 0, 7);
    context.fill();
  } else if (ending === "open") {
    context.strokeStyle = colour.accent;
    context.arc(x, y, 3, 0, 7);
    context.stroke();
  } else if (ending === "reset" || ending === "reset-stream" || ending === "ended") {
    context.strokeStyle = ending === "ended" ? colour.soft : colour.bad;
    context.moveTo(x - 3, y - 3);
    context.lineTo(x + 3, y + 3);
    context.moveTo(x + 3, y - 3);
    context.lineTo(x - 3, y + 3);
    context.stroke();
  } else if (ending === "close") {
    context.fillStyle = colour.bad;
    context.fillRect(x - 3.5, y - 3.5, 7, 7);
  } else if (ending === "hang") {
    context.fillStyle = colour.bad;
    for (const step of [-3.5, 0, 3.5]) context.fillRect(x + step - 0.75, y - 0.75, 1.75, 1.75);
  } else {
    context.strokeStyle = colour.warn;
    context.moveTo(x + 3, y - 4);
    context.lineTo(x - 2, y);
    context.lineTo(x + 3, y + 4);
    context.stroke();
  }
}

/**
 * The large picture: one lane for each of `lanes` ({ label, ...stream }), and an axis in seconds.
 * A lane's `holds` are the plan's. pauses: whether gaps are named. head: the moment of the head, or null.
 */
export function drawTimeline(canvas, lanes, { pauses = true, head = null } = {}) {
  const { context, width, height } = surface(canvas);
  if (width < 60) return;
  const colour = colours();
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const type = Math.round(rem * 0.72);
  context.font = `${type}px ${colour.font}`;
  const labels = Math.max(0, ...lanes.map((lane) => (lane.label ? context.measureText(lane.label).width + 10 : 0)));
  const atOnce = lanes.every((lane) => lane.end === 0);
  if (atOnce) lanes = lanes.map(inOrder);
  const scale = Math.max(0.001, ...lanes.map((lane) => lane.end)) * 1.02;
  const place = { context, left: labels + 1, width: width - labels - 3 * SIGN - 4, scale };
  const axis = height - type - 8;
  if (atOnce) drawNote(place, axis, type, colour);
  else drawAxis(place, axis, type, colour);
  const each = axis / lanes.length;
  lanes.forEach((lane, index) => {
    const middle = each * (index + 0.5);
    context.fillStyle = colour.soft;
    context.textBaseline = "middle";
    context.textAlign = "left";
    if (lane.label) context.fillText(lane.label, 0, middle);
    if (index === 0 && head !== null) drawHead(place, head, middle, each, colour);
    drawLane({ ...place, middle, tall: each * 0.7 }, lane, colour);
    if (pauses && index === 0 && !atOnce) namePauses(place, lane, middle, colour);
  });
}

/** What leaves all at once is shown in its order. */
function inOrder(lane) {
  const end = Math.max(8, lane.moments.length + 1);
  const holds = lane.holds?.map(({ segments }) => ({ at: segments }));
  return { ...lane, moments: lane.moments.map((_, index) => index + 1), holds, end };
}

function drawNote({ context, left, width }, y, type, colour) {
  context.fillStyle = colour.line;
  context.fillRect(left, y, width, 1);
  context.fillStyle = colour.soft;
  context.textBaseline = "alphabetic";
  context.textAlign = "left";
  context.fillText("at once, in this order", left, y + type + 5);
}

function drawHead({ context, left, width, scale }, head, middle, each, colour) {
  context.fillStyle = colour.soft;
  context.fillRect(left + (head / scale) * width, middle - each * 0.3, 1, each * 0.6);
}

function drawAxis({ context, left, width, scale }, y, type, colour) {
  const room = Math.max(2, Math.floor(width / (type * 6.5)));
  let step = scaleFor(scale / room);
  if (scale / step < 1) step = scale;
  context.fillStyle = colour.line;
  context.fillRect(left, y, width, 1);
  context.textBaseline = "alphabetic";
  for (let index = 0; index * step <= scale; index += 1) {
    const x = left + ((index * step) / scale) * width;
    context.fillStyle = colour.line;
    context.fillRect(x, 0, 1, y + 4);
    context.fillStyle = colour.soft;
    context.textAlign = index === 0 ? "left" : "center";
    context.fillText(index === 0 ? "0" : tick(index * step), x, y + type + 5);
  }
}

const tick = (seconds) => (seconds < 1 ? `${+(seconds * 1000).toPrecision(3)} ms` : `${+seconds.toPrecision(4)} s`);

function namePauses({ context, left, width, scale }, { moments }, middle, colour) {
  const usual = pauseOf(moments);
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let index = 0; index < moments.length; index += 1) {
    const from = index === 0 ? 0 : moments[index - 1];
    const gap = moments[index] - from;
    if (gap <= usual || gap < 0.05) continue;
    const text = duration(gap);
    const wide = (gap / scale) * width;
    const needed = context.measureText(text).width + 12;
    if (wide < needed + 6) continue;
    const x = left + ((from + gap / 2) / scale) * width;
    context.fillStyle = colour.card;
    context.fillRect(x - needed / 2, middle - 8, needed, 16);
    context.fillStyle = colour.soft;
    context.fillText(text, x, middle);
  }
}
