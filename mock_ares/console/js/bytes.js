// Bytes with their meaning: fields, line ends, text, HTTP chunk framing, and what is no UTF-8; or in hexadecimal.

import { h } from "./dom.js";

const NAMES = { 0: "NUL", 9: "HT", 10: "LF", 13: "CR", 27: "ESC", 127: "DEL", 0xfeff: "BOM", 0x2028: "LS", 0x2029: "PS" };
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const FIELD = /^(data|event|id|retry)?(: ?)/;

/**
 * Follows a stream from its first byte, so that each piece is told by what came before it: a field's name may have come
 * in another read. `framing` says whether the bytes are HTTP chunks, and `events` whether there are event lines in them.
 */
export class Annotator {
  #framing;
  #events;
  #left = 0; // bytes of the HTTP chunk that are still to come; -1: what follows is not known
  #size = ""; // of the chunk size line, as far as it has come
  #afterData = false; // the CRLF behind a chunk is due
  #lineStart = true;
  #afterCR = false;
  #pending = []; // the beginning of a character whose rest has not come

  #breaks;

  constructor({ framing = false, events = true, breaks = false } = {}) {
    this.#breaks = breaks; // a new line behind each LF
    this.#framing = framing;
    this.#events = events;
  }

  /** Nodes for a piece; `missing` is how many bytes follow that are not here. */
  piece(bytes, missing = 0) {
    const out = [];
    let from = 0;
    while (from < bytes.length) from = this.#framing ? this.#chunked(bytes, from, out) : this.#payload(bytes, from, bytes.length, out);
    this.#flush(out);
    if (missing > 0) {
      this.#skip(missing);
      out.push(h("span", { class: "cut" }, ` … ${missing} more `));
    }
    return out;
  }

  /** What stands between two reads: a character may have been cut. */
  #flush(out) {
    for (const byte of this.#pending) out.push(name(hex(byte), "half", "A part of a character"));
    this.#pending = [];
  }

  #skip(missing) {
    this.#lineStart = false;
    if (!this.#framing) return;
    if (this.#left >= missing) this.#left -= missing;
    else this.#framing = false; // lost track: what comes is shown as it is
  }

  #chunked(bytes, from, out) {
    if (this.#left > 0) {
      const to = Math.min(bytes.length, from + this.#left);
      this.#left -= to - from;
      this.#payload(bytes, from, to, out);
      if (this.#left === 0) this.#afterData = true;
      return to;
    }
    let to = from;
    while (to < bytes.length && bytes[to] !== 10) to += 1;
    const ended = to < bytes.length;
    to += ended ? 1 : 0;
    const line = String.fromCharCode(...bytes.subarray(from, Math.min(to, from + 200)));
    out.push(h("span", { class: "framing", title: "HTTP chunk framing" }, ...plain(line)));
    this.#size += line;
    if (!ended) return to;
    const size = this.#size.trim();
    this.#size = "";
    if (size === "" || this.#afterData) {
      this.#afterData = false;
      if (size === "") return to;
    }
    const digits = /^[0-9a-f]+/i.exec(size);
    this.#left = digits ? parseInt(digits[0], 16) : 0;
    if (!digits) this.#framing = false;
    return to;
  }

  #payload(bytes, from, to, out) {
    for (let at = from; at < to; ) {
      let end = at;
      while (end < to && bytes[end] !== 10 && bytes[end] !== 13) end += 1;
      if (end > at) this.#text(bytes.subarray(at, end), out);
      for (at = end; at < to && (bytes[at] === 10 || bytes[at] === 13); at += 1) {
        this.#flush(out);
        const blank = this.#lineStart && !(bytes[at] === 10 && this.#afterCR);
        out.push(name(NAMES[bytes[at]], blank && this.#events ? "end" : "eol", blank ? "An empty line: the event ends" : "The line ends"));
        if (this.#breaks && bytes[at] === 10) out.push("\n");
        this.#lineStart = true;
        this.#afterCR = bytes[at] === 13;
      }
    }
    return to;
  }

  #text(bytes, out) {
    const all = this.#pending.length > 0 ? Uint8Array.from([...this.#pending, ...bytes]) : bytes;
    this.#pending = [];
    const half = unfinished(all);
    const whole = all.subarray(0, all.length - half);
    const runs = decoded(whole);
    if (this.#lineStart && this.#events && typeof runs[0] === "string") {
      const field = FIELD.exec(runs[0]);
      if (field) {
        out.push(h("span", { class: "field" }, field[0]));
        runs[0] = runs[0].slice(field[0].length);
      }
    }
    if (whole.length > 0) this.#lineStart = false;
    for (const run of runs) {
      if (typeof run === "string") out.push(h("span", { class: "text" }, ...plain(run)));
      else out.push(name(hex(run), "wrong", "No UTF-8"));
    }
    this.#pending = [...all.subarray(all.length - half)];
  }
}

const hex = (byte) => byte.toString(16).toUpperCase().padStart(2, "0");

function name(text, kind, title) {
  return h("span", { class: `name ${kind}`, title }, text);
}

/** Text with its hidden characters by name. */
export function plain(text) {
  if (!HIDDEN.test(text)) return [text];
  const out = [];
  let run = "";
  for (const character of text) {
    if (!HIDDEN.test(character)) run += character;
    else {
      if (run) out.push(run);
      run = "";
      const code = character.codePointAt(0);
      out.push(name(NAMES[code] ?? code.toString(16).toUpperCase().padStart(4, "0"), "hidden", `U+${code.toString(16).toUpperCase().padStart(4, "0")}`));
    }
  }
  if (run) out.push(run);
  return out;
}

/** How many bytes at the end begin a character that is not whole. */
function unfinished(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc2) {
      const needed = byte >= 0xf5 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return needed > back ? back : 0;
    }
  }
  return 0;
}

/** Runs of text, and bytes that are no UTF-8 as numbers. */
function decoded(bytes) {
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    return bytes.length > 0 ? [strict.decode(bytes)] : [];
  } catch {
    const out = [];
    for (let at = 0; at < bytes.length; ) {
      const length = character(bytes, at);
      if (length === 0) out.push(bytes[at]);
      else if (typeof out.at(-1) === "string") out[out.length - 1] += strict.decode(bytes.subarray(at, at + length));
      else out.push(strict.decode(bytes.subarray(at, at + length)));
      at += length || 1;
    }
    return out;
  }
}

/** The length of the character that begins here; 0 where none does. */
function character(bytes, at) {
  const byte = bytes[at];
  const length = byte < 0x80 ? 1 : byte < 0xc2 ? 0 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  try {
    new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(at, at + length));
    return length;
  } catch {
    return 0;
  }
}

/** Rows of a hexadecimal dump. */
export function dump(bytes, offset = 0, wide = 16) {
  const rows = [];
  for (let at = 0; at < bytes.length; at += wide) {
    const part = [...bytes.subarray(at, at + wide)];
    const letters = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    rows.push(`${(offset + at).toString(16).padStart(6, "0")}  ${part.map((byte) => hex(byte).toLowerCase()).join(" ").padEnd(wide * 3)} ${letters}`);
  }
  return rows.join("\n");
}
