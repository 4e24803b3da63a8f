import MarkdownIt from "markdown-it";
import { bug, chat, framed } from "../shared/chat.js";

const FREELY = 20_000; // characters up to which all of it is parsed for each frame
const markdown = new MarkdownIt({ html: bug === "markup", typographer: bug === "smart" });
const render = (text) => markdown.render(bug === "cut" ? text.slice(0, 5000) : text);

chat((answer) => {
  let [waiting, all] = [[], ""];
  let due = 0;
  const { soon, now } = framed(() => {
    all += waiting.join("");
    waiting = [];
    answer.innerHTML = render(all);
  });
  // What takes long is done seldom: ten times as long passes in between.
  const write = (piece) => {
    waiting.push(piece);
    if (bug === "late") return;
    if (all.length < FREELY) return void soon();
    due ||= setTimeout(() => {
      const began = performance.now();
      now();
      due = setTimeout(() => ((due = 0), soon()), 10 * (performance.now() - began));
    });
  };
  const end = () => {
    clearTimeout(due);
    now();
  };
  return { write, end };
});
