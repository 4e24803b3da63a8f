// A right ARES client on Node's http2: by ALPN over TLS, in clear text with prior knowledge.

import { realpathSync } from "node:fs";
import { connect, constants } from "node:http2";
import { env, stderr, stdout } from "node:process";
import { pathToFileURL } from "node:url";

const SILENCE_MS = 120_000;

/**
 * Ask and stream the answer: show(piece) is called for each piece as it comes, the whole text is returned.
 * Rejects where the status or the type is wrong, the stream or its connection fails, ends too soon or falls silent;
 * the pieces shown until then are the start of the answer.
 */
export async function streamChat({ url, path, token, message, show }) {
  const session = connect(url); // one for each question; others may go on where this one breaks
  const broken = new Promise((_, reject) => session.once("error", reject)); // no connection, or one that breaks
  const answered = answer(session, { path, token, message, show });
  try {
    return await Promise.race([answered, broken]);
  } finally {
    answered.catch(() => {}); // whichever fails first is told
    broken.catch(() => {});
    session.destroy();
  }
}

async function answer(session, { path, token, message, show }) {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    accept: "text/event-stream",
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
  });
  stream.setTimeout(SILENCE_MS, () => stream.destroy(new Error(`no byte for ${SILENCE_MS} ms`)));
  stream.end(JSON.stringify({ message }));
  let ended = false; // where the connection goes, Node ends what it destroys, behind GOAWAY with code 0, too
  stream.once("end", () => (ended = !stream.destroyed));
  refuseAllButEvents(await head(stream));

  const text = [];
  for await (const piece of pieces(stream)) {
    text.push(piece);
    show(piece);
  }
  // For a stream that is reset with NO_ERROR or CANCEL Node raises nothing (RFC 9113 8.1: that is no end).
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error(`the stream was reset, code ${stream.rstCode}`);
  if (!ended) throw new Error("the connection went away before the stream had ended");
  return text.join("");
}

function head(stream) {
  return new Promise((resolve, reject) => {
    stream.once("response", resolve);
    stream.once("error", reject);
    stream.once("close", () => reject(new Error(`no answer: the stream was closed, code ${stream.rstCode}`)));
  });
}

function refuseAllButEvents(fields) {
  if (fields[":status"] !== 200) throw new Error(`HTTP ${fields[":status"]}`);
  const type = (fields["content-type"] ?? "none").split(";")[0].trim();
  if (type.toLowerCase() !== "text/event-stream") {
    throw new Error(`content type ${type}, expected text/event-stream`);
  }
}

// WHATWG HTML, 9.2.6: the data of each finished event. ARES has no event types and no ids, so nothing else counts.
async function* pieces(stream) {
  const utf8 = new TextDecoder(); // drops one BOM, waits for half characters, replaces what is none
  const lines = new LineCutter();
  let data = [];
  for await (const bytes of stream) {
    for (const line of lines.cut(utf8.decode(bytes, { stream: true }))) {
      const [field] = line.split(":", 1);
      if (line === "") {
        if (data.length > 0) yield data.join("\n");
        data = [];
      } else if (field === "data") {
        const value = line.slice("data:".length);
        data.push(value.startsWith(" ") ? value.slice(1) : value);
      }
    }
  }
}

// WHATWG HTML, 9.2.5: CR, LF and CRLF end a line, wherever the reads end.
class LineCutter {
  #unfinished = [];
  #afterCR = false;

  *cut(text) {
    if (text === "") return;
    const restOfCRLF = this.#afterCR && text[0] === "\n";
    this.#afterCR = text.endsWith("\r");
    const ends = (restOfCRLF ? text.slice(1) : text).split(/\r\n|\r|\n/);
    const unfinished = ends.pop();
    for (const end of ends) {
      this.#unfinished.push(end);
      yield this.#unfinished.join("");
      this.#unfinished = [];
    }
    if (unfinished !== "") this.#unfinished.push(unfinished);
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  try {
    await streamChat({
      url: env.ARES_URL,
      path: env.ARES_PATH,
      token: env.ARES_TOKEN,
      message: env.ARES_MESSAGE,
      show: (piece) => stdout.write(piece),
    });
  } catch (failure) {
    stderr.write(`${failure.message}\n`);
    process.exitCode = 1; // not exit(), which would cut short what is still on its way to a slow reader
  }
}
