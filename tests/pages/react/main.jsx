import { StrictMode, memo, useReducer, useRef, useState } from "react";
import { createRoot } from "react-dom/client";
import { pieces } from "../shared/stream.js";

const asked = new URLSearchParams(location.search);
const bug = asked.get("bug");
const url = `${asked.get("ares") ?? "http://localhost:3000"}/api/chat/stream`;

function changed(turns, { id, ...change }) {
  if (change.begun) return [...turns, { id, question: change.begun, text: "", error: "", busy: true }];
  if (change.cleared) return [];
  const last = turns.at(-1)?.id;
  return turns.map((turn) => {
    if (turn.id !== (change.text && (bug === "second" || bug === "new") ? last : id)) return turn;
    return { ...turn, ...change, text: turn.text + (change.text ?? "") };
  });
}

function useChat() {
  const [turns, change] = useReducer(changed, []);
  const running = useRef(new Map());
  const left = useRef(""); // only a bug uses it: what an answer that failed has left
  const count = useRef(0);

  async function ask(question) {
    const id = ++count.current;
    const stop = new AbortController();
    let [waiting, frame, latest] = [bug === "leftover" ? left.current : "", 0, ""];
    const flush = () => {
      cancelAnimationFrame(frame);
      frame = 0;
      if (waiting) change({ id, text: waiting });
      waiting = "";
    };
    running.current.set(id, stop);
    change({ id, begun: question });
    try {
      for await (const piece of pieces(url, "a token of the page's own", question, stop.signal)) {
        if (bug === "twice" && piece === latest) continue; // for StrictMode, it was thought
        latest = piece;
        left.current += piece;
        waiting += bug === "trim" ? piece.trim() : piece;
        frame ||= requestAnimationFrame(flush);
      }
      left.current = "";
    } catch (error) {
      if (!stop.signal.aborted) change({ id, error: String(error) });
    } finally {
      flush();
      running.current.delete(id);
      change({ id, busy: false });
    }
  }
  const stop = () => running.current.forEach((each) => each.abort());
  const begin = () => {
    if (bug !== "new") stop();
    change({ cleared: true });
  };
  return { turns, ask, stop, begin };
}

const Answer = memo(({ text }) =>
  bug === "markup" ? <div className="answer" dangerouslySetInnerHTML={{ __html: text }} /> : <div className="answer">{text}</div>,
);

function Chat() {
  const { turns, ask, stop, begin } = useChat();
  const [message, setMessage] = useState("");
  const send = (event) => {
    event.preventDefault();
    ask(message);
    setMessage("");
  };
  return (
    <>
      <div className="plain">
        {turns.map(({ id, question, text, error }) => (
          <div key={id}>
            <div className="question">{question}</div>
            <Answer text={text} />
            {error && <div className="error">{error}</div>}
          </div>
        ))}
      </div>
      {turns.some((turn) => turn.busy) && <p id="busy">The answer comes …</p>}
      <form onSubmit={send}>
        <textarea id="message" rows="2" aria-label="Message" value={message} onChange={(event) => setMessage(event.target.value)} />
        <button id="send">Send</button>
        <button id="stop" type="button" onClick={stop}>Stop</button>
        <button id="new" type="button" onClick={begin}>New chat</button>
      </form>
    </>
  );
}

createRoot(document.getElementById("root")).render(<StrictMode><Chat /></StrictMode>);
