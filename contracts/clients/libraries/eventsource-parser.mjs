// eventsource-parser on Node's fetch, used as its documentation has it. All but the call is the library's.

import { EventSourceParserStream } from "eventsource-parser/stream";

export async function streamChat({ url, path, token, message, show }) {
  const response = await fetch(url + path, {
    method: "POST",
    headers: {
      Accept: "text/event-stream",
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ message }),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  let text = "";
  const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const event of events) {
    text += event.data;
    show(event.data);
  }
  return text;
}
