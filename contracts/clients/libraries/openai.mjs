// The event stream decoder of the openai library, on Node's fetch as the library itself does it.

import { _iterSSEMessages } from "openai/core/streaming"; // the underscore is the library's; there is no other way to it

export async function streamChat({ url, path, token, message, show }) {
  const stop = new AbortController();
  const response = await fetch(url + path, {
    method: "POST",
    headers: {
      Accept: "text/event-stream",
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ message }),
    signal: stop.signal,
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  let text = "";
  try {
    for await (const event of _iterSSEMessages(response, stop)) {
      text += event.data;
      show(event.data);
    }
  } finally {
    stop.abort();
  }
  return text;
}
