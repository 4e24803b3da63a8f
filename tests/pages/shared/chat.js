// What the plain page and the markdown page share: a form, the turns of a chat, and what is broken in it by ?bug=NAME.
import { pieces } from "./stream.js";

const asked = new URLSearchParams(location.search);
export const bug = asked.get("bug");
const url = `${asked.get("ares") ?? "http://localhost:3000"}/api/chat/stream`;

// `writer(answer)` puts the pieces of an answer into its element: write(piece) for each, end() behind the last.
export function chat(writer) {
  const [turns, busy, banner, prompt] = ["turns", "busy", "banner", "message"].map((id) => document.getElementById(id));
  const running = new Set();

  const add = (kind, text, beside) => {
    const element = document.createElement("div");
    element.className = kind;
    element.textContent = text;
    beside.append(element);
    return element;
  };

  async function ask(message) {
    const turn = add("turn", "", turns);
    add("question", message, turn);
    const { write, end } = writer(add("answer", "", turn));
    const stop = new AbortController();
    if (bug === "new") stop.abort = () => {};
    running.add(stop);
    busy.hidden = false;
    banner.hidden = true;
    try {
      for await (const piece of pieces(url, "a token of the page's own", message, stop.signal)) write(piece);
    } catch (error) {
      if (stop.signal.aborted) return;
      if (bug === "partial") {
        banner.textContent = String(error);
        banner.hidden = false;
      } else {
        add("error", String(error), turn);
      }
    } finally {
      end();
      running.delete(stop);
      busy.hidden = running.size === 0;
    }
  }

  const stopAll = () => {
    if (bug !== "stop") running.forEach((stop) => stop.abort());
    busy.hidden = true;
  };
  document.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const message = prompt.value;
    prompt.value = "";
    ask(message);
  });
  document.querySelector("#stop").addEventListener("click", stopAll);
  document.querySelector("#new").addEventListener("click", () => {
    stopAll();
    turns.replaceChildren();
  });
}

// Calls `draw` once for each frame in which something has come, and at the end.
export function framed(draw) {
  let frame = 0;
  const now = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    draw();
  };
  return { soon: () => (frame ||= requestAnimationFrame(now)), now };
}
