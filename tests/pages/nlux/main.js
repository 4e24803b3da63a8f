// NLUX as its users have it for a server of their own: an adapter, which hands on the pieces.
import { createAiChat } from "@nlux/core";
import { pieces } from "../shared/stream.js";

const url = `${new URLSearchParams(location.search).get("ares") ?? "http://localhost:3000"}/api/chat/stream`;

const adapter = {
  async streamText(message, observer) {
    try {
      for await (const piece of pieces(url, "a token of the page's own", message)) observer.next(piece);
      observer.complete();
    } catch (error) {
      observer.error(error);
    }
  },
};

createAiChat().withAdapter(adapter).mount(document.getElementById("chat"));
