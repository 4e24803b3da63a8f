// A right ARES client for pages: the pieces of an answer as they come, until `signal` ends it.

export async function* pieces(url, token, message, signal) {
  const stop = new AbortController();
  signal?.addEventListener("abort", () => stop.abort());
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { Accept: "text/event-stream", Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body: JSON.stringify({ message }),
      redirect: "error",
      signal: stop.signal,
    });
    if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${(await response.text()).slice(0, 300)}`);
    const type = (response.headers.get("content-type") ?? "none").split(";")[0].trim().toLowerCase();
    if (type !== "text/event-stream") throw new Error(`content type ${type}, expected text/event-stream`);
    yield* data(lines(response.body));
  } finally {
    stop.abort(); // closes the connection of a response that was refused or left
  }
}

// WHATWG HTML, 9.2.6
async function* data(lines) {
  let found = [];
  for await (const line of lines) {
    if (line === "") {
      if (found.length > 0) yield found.join("\n");
      found = [];
    } else if (line === "data" || line.startsWith("data:")) {
      found.push(line.slice(5).replace(/^ /, ""));
    }
  }
}

// WHATWG HTML, 9.2.5: CR, LF and CRLF end a line, wherever the reads end.
async function* lines(body) {
  const utf8 = new TextDecoder();
  let [rest, afterCR] = [[], false];
  for await (const read of body) {
    let text = utf8.decode(read, { stream: true });
    if (text === "") continue;
    if (afterCR && text.startsWith("\n")) text = text.slice(1);
    if (text === "") {
      afterCR = false;
      continue;
    }
    afterCR = text.endsWith("\r");
    const ends = text.split(/\r\n|\r|\n/);
    const last = ends.pop();
    for (const end of ends) {
      yield rest.join("") + end;
      rest = [];
    }
    if (last !== "") rest.push(last);
  }
}
