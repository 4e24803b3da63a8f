export async function* chat(url, token, message) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ message }) });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  let rest = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + part).split("\n\n");
    rest = events.pop();
    for (const event of events) yield event.split("\n").map((line) => line.slice("data: ".length)).join("\n");
  }
}
