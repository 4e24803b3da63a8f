// The decisions of ARES's sample for browsers, each with its name, in code of our own.
// Where the sample sets an element's text, this one calls show(piece).

const PREFIX = "data: ";

export async function streamChat({ url, path, token, message, show }) {
  const answer = await fetch(url + path, {
    method: "POST",
    headers: {
      Accept: "text/event-stream",
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ message, agent_type: "research" }),
  });
  // decision: the status is not looked at
  const utf8 = new TextDecoder(); // decision: one decoder for the stream, it waits for half characters
  const reads = answer.body.getReader();
  let shown = "";
  for (let read = await reads.read(); !read.done; read = await reads.read()) {
    // decision: every read is cut by itself at LF; what a read leaves unfinished is not kept for the next
    const lines = utf8.decode(read.value, { stream: true }).split("\n");
    for (const line of lines) {
      if (!line.startsWith(PREFIX)) continue; // decision: the space is part of the prefix
      const piece = line.slice(PREFIX.length);
      shown += piece;
      show(piece); // decision: shown at once
    }
  }
  return shown;
}
