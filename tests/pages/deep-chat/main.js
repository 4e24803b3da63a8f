// deep-chat as its users have it for a server that does not speak its format: a handler, which hands on the pieces.
import "deep-chat";
import { pieces } from "../shared/stream.js";

const url = `${new URLSearchParams(location.search).get("ares") ?? "http://localhost:3000"}/api/chat/stream`;

document.querySelector("deep-chat").connect = {
  stream: true,
  handler: async ({ messages }, signals) => {
    const stop = new AbortController();
    signals.stopClicked.listener = () => stop.abort();
    try {
      for await (const text of pieces(url, "a token of the page's own", messages.at(-1).text, stop.signal)) {
        signals.onOpen();
        await signals.onResponse({ text });
      }
      signals.onClose();
    } catch (error) {
      if (stop.signal.aborted) signals.onClose();
      else await signals.onResponse({ error: String(error) });
    }
  },
};
