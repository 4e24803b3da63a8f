// Numbers and moments as people read them.

const grouped = new Intl.NumberFormat("en");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export const count = (number, one, many = `${one}s`) => `${grouped.format(number)} ${number === 1 ? one : many}`;
export const number = (value) => grouped.format(value);
export const time = (seconds) => clock.format(new Date(seconds * 1000));

/** Seconds as a duration: 4 ms, 310 ms, 1.42 s, 2 min 5 s. */
export function duration(seconds) {
  if (seconds < 0.0995) return `${+(seconds * 1000).toPrecision(2)} ms`;
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 99.5) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A moment of a stream, of one width for a column. */
export const moment = (seconds) => (seconds < 100 ? `${seconds.toFixed(3)} s` : `${seconds.toFixed(1)} s`);

/** As short as it can be, for columns. */
export const short = (bytes) => (bytes < 1000 ? `${bytes} B` : size(bytes));

export function size(bytes) {
  if (bytes < 1000) return count(bytes, "byte");
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** How an exchange ended: the word, its colour, and what it means. */
export const ENDINGS = {
  open: ["streaming", "accent", "The exchange is going on."],
  complete: ["complete", "good", "Everything was sent, and the body ended as HTTP has it."],
  close: ["closed", "bad", "The fake closed the connection (FIN) before the body had ended."],
  reset: ["reset", "bad", "The fake reset the connection (RST)."],
  "reset-stream": ["reset", "bad", "The fake reset the stream (HTTP/2); its connection went on."],
  hang: ["hung", "bad", "The fake fell silent, until the client left."],
  "client-left": ["client left", "warn", "The client went before the end."],
  ended: ["cut off", "soft", "The fake ended the connection: it was reset, or shut down."],
};

const HELD = ["held", "warn", "The stream stands at a pause until it is released."];

/** An error that was sent whole is none the less an error. */
const REFUSED = ["error", "bad", "An HTTP error was sent, and all of it. No client takes it for an answer."];

export const isWholeError = (request) => request.status >= 400 && request.ending === "complete";

export function endingOf(request) {
  if (request.held) return HELD;
  if (isWholeError(request)) return REFUSED;
  return ENDINGS[request.ending] ?? [request.ending, "soft", ""];
}

/** Text that a person sees whole: control characters by name, so that none hides or turns the rest around. */
export function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (character) =>
    character === "\n" ? "⏎" : character === "\t" ? "⇥" : `⟨${character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
  );
}

export function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** A question that a browser asks by itself before a page's own (Fetch 4.8). */
export const isPreflight = (request) => request.method === "OPTIONS";

/** What a request asked for: method and path, or that it was none. */
export const asked = (request) => (request.method === "" ? "no request" : `${request.method} ${request.path}`);
