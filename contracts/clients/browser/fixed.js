// A right ARES client on the browser's fetch.

const SILENCE_MS = 120_000;

/**
 * Ask and stream the answer: show(piece) is called for each piece as it comes, the whole text is returned.
 * Rejects where the status or the type is wrong, the connection fails, the body ends too soon or falls silent;
 * the pieces shown until then are the start of the answer.
 */
export async function streamChat({ url, path, token, message, show }) {
  const stop = new AbortController();
  let timer;
  const waitOn = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(new Error(`no byte for ${SILENCE_MS} ms`)), SILENCE_MS);
  };
  try {
    waitOn();
    const response = await fetch(url + path, {
      method: "POST",
      headers: {
        Accept: "text/event-stream",
        Authorization: `Bearer ${token}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ message }),
      redirect: "error", // the question is not for another server
      signal: stop.signal,
    });
    const reads = response.body?.getReader(); // no body at all comes with status 204, which is refused
    await refuseAllButEvents(response, reads);

    const text = [];
    for await (const piece of pieces(reads, waitOn)) {
      text.push(piece);
      show(piece);
    }
    return text.join("");
  } finally {
    clearTimeout(timer);
    stop.abort(); // closes the connection of a response that was refused
  }
}

async function refuseAllButEvents(response, reads) {
  if (response.status !== 200) {
    const value = (await reads?.read().catch(() => undefined))?.value; // the status says enough
    const excerpt = value ? new TextDecoder().decode(value.subarray(0, 300)) : "";
    throw new Error(`HTTP ${response.status}: ${excerpt}`);
  }
  const type = (response.headers.get("content-type") ?? "none").split(";")[0].trim();
  if (type.toLowerCase() !== "text/event-stream") {
    throw new Error(`content type ${type}, expected text/event-stream`);
  }
}

// WHATWG HTML, 9.2.6: the data of each finished event. ARES has no event types and no ids, so nothing else counts.
async function* pieces(reads, received) {
  const utf8 = new TextDecoder(); // drops one BOM, waits for half characters, replaces what is none
  const lines = new LineCutter();
  let data = [];
  for (let read = await reads.read(); !read.done; read = await reads.read()) {
    received();
    for (const line of lines.cut(utf8.decode(read.value, { stream: true }))) {
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
