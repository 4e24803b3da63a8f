// A right client for each of ARES's dialects: fetch, one decoder for the whole stream, lines and events as the standard
// has them (WHATWG HTML 9.2.5 and 9.2.6), and the truth about what came.

/** For records: what one says; data that is none says nothing. */
const ofRecord = (say) => (data) => {
  let record = null;
  try {
    record = JSON.parse(data);
  } catch {
    // no record
  }
  return record === null || typeof record !== "object" ? { unread: true } : say(record);
};

/**
 * The dialects, in the order of the fake's own table. say(data, type) is what an event says: a `piece` of the text, that the
 * reply has `ended`, its `error`, or that the event is `unread`. `end` is what a whole reply ends with, where it is more than
 * its end; in one of `bare` lines each line is an event, and the last counts without its end.
 */
const SPOKEN = {
  text: { say: (data, type) => (type === "" || type === "message" ? { piece: data } : {}) },
  lines: { bare: true },
  delta: {
    end: "the record that says stop",
    say: ofRecord((record) => ({ piece: record.delta, ended: record.finish_reason === "stop", unread: !("delta" in record) })),
  },
  typed: {
    end: "the done event",
    say: ofRecord((record) => {
      if (record.event === "token") return { piece: record.content };
      if (record.event === "error") return { error: typeof record.error === "string" ? record.error : "" };
      return { ended: record.event === "done", unread: record.event !== "done" && record.event !== "start" };
    }),
  },
};
export const DIALECTS = Object.keys(SPOKEN);

/** Bytes to lines: CR, LF and CRLF end one, wherever the reads end. One BOM is dropped, what is no UTF-8 replaced. */
class Lines {
  #utf8 = new TextDecoder();
  #rest = [];
  #afterCR = false;

  feed(bytes) {
    return this.#cut(this.#utf8.decode(bytes, { stream: true }));
  }

  /** What stands behind the last line end, if anything does. */
  end() {
    const lines = this.#cut(this.#utf8.decode());
    const last = this.#rest.join("");
    this.#rest = [];
    return [lines, last];
  }

  #cut(text) {
    if (text === "") return [];
    const skip = this.#afterCR && text[0] === "\n" ? 1 : 0;
    this.#afterCR = text.endsWith("\r");
    const lines = text.slice(skip).split(/\r\n|\r|\n/);
    const rest = lines.pop();
    if (lines.length > 0) {
      lines[0] = [...this.#rest, lines[0]].join("");
      this.#rest = [];
    }
    if (rest !== "") this.#rest.push(rest);
    return lines;
  }
}

const valueOf = (line, colon) => (line[colon + 1] === " " ? line.slice(colon + 2) : line.slice(colon + 1));

/**
 * Reads one stream. feed(bytes) returns the pieces of text that are known now; end() says what is to be thought of it all:
 * { complete, error }, where `error` is what the stream itself reported.
 */
export class Reader {
  text = "";
  error = null;
  unread = 0; // events that say nothing in this dialect
  #spoken;
  #ended = false;
  #lines = new Lines();
  #data = null;
  #type = "";

  constructor(dialect) {
    this.#spoken = SPOKEN[dialect];
  }

  feed(bytes) {
    return this.#take(this.#lines.feed(bytes));
  }

  end() {
    const [lines, last] = this.#lines.end();
    // Elsewhere an event without its empty line is none.
    this.#take(this.#spoken.bare && last !== "" ? [...lines, last] : lines);
    const whole = !this.#spoken.end || this.#ended;
    return { complete: whole && this.error === null, error: this.error };
  }

  get missing() {
    return this.#spoken.end;
  }

  #take(lines) {
    const pieces = [];
    for (const line of lines) {
      const piece = this.#spoken.bare ? this.#bare(line) : this.#line(line);
      if (piece === null || piece === "") continue;
      this.text += piece;
      pieces.push(piece);
    }
    return pieces;
  }

  #bare(line) {
    const colon = line.indexOf(":");
    return colon > 0 && line.slice(0, colon) === "data" ? valueOf(line, colon) : null;
  }

  #line(line) {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : valueOf(line, colon);
    if (name === "data") this.#data = this.#data === null ? value : `${this.#data}\n${value}`;
    else if (name === "event") this.#type = value;
    return null;
  }

  #dispatch() {
    const data = this.#data;
    const type = this.#type;
    this.#data = null;
    this.#type = "";
    if (data === null || this.#ended || this.error !== null) return null;
    const { piece, ended = false, error = null, unread = false } = this.#spoken.say(data, type);
    this.#ended = ended;
    this.error = error;
    if (unread) this.unread += 1;
    return typeof piece === "string" ? piece : null;
  }
}

/**
 * Sends a message and reads the answer. Calls tell.head(status, headers), tell.read(bytes, moment) as they come, moments in
 * seconds from the asking. Returns how it ended: { kind, said } with kind complete, http, type, lost, stopped or unreachable.
 */
export async function ask({ path, token, body, signal, tell, scenario = "" }) {
  const started = performance.now();
  const moment = () => (performance.now() - started) / 1000;
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { accept: "text/event-stream", authorization: `Bearer ${token}`, "content-type": "application/json", ...(scenario && { "x-mock-ares-scenario": scenario }) },
      body: JSON.stringify(body),
      redirect: "error", // the question is not for another server
      cache: "no-store",
      credentials: "omit",
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") return { kind: "stopped", said: "Stopped before an answer came.", at: moment() };
    return { kind: "unreachable", said: "No HTTP response: the connection failed, or what came was none, or it was a redirect.", at: moment() };
  }
  tell.head(response, moment());
  const reads = response.body?.getReader();
  try {
    for (let read = await reads?.read(); read && !read.done; read = await reads.read()) tell.read(read.value, moment());
  } catch (error) {
    if (error.name === "AbortError") return { kind: "stopped", said: "Stopped. What came until then is shown; the answer may have been longer.", at: moment() };
    return { kind: "lost", said: "The connection broke before the body had ended. What came until then is the beginning of the answer.", at: moment() };
  }
  return { kind: verdict(response), said: "", at: moment() };
}

function verdict(response) {
  if (response.status !== 200) return "http";
  const type = (response.headers.get("content-type") ?? "").split(";")[0].trim().toLowerCase();
  return type === "text/event-stream" ? "complete" : "type";
}
