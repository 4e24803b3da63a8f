// Somebody's chat, and its server: node app.mjs PORT ARES_URL

import { createServer } from "node:http";
import { argv } from "node:process";

const [, , port, ares] = argv;
const PAGE = `<!doctype html><title>A chat</title><input><p role="status"></p><p role="alert" hidden>Please try again.</p>
<script type="module">
  const [input, shown, failed] = document.querySelectorAll("input, p");
  input.onkeydown = async ({ key }) => {
    if (key !== "Enter") return;
    shown.textContent = "";
    try {
      const headers = { "content-type": "application/json", authorization: "Bearer " + localStorage.getItem("token") };
      const body = JSON.stringify({ message: input.value });
      const response = await fetch(${JSON.stringify(ares)} + "/api/chat/stream", { method: "POST", headers, body });
      if (!response.ok) throw new Error(response.status);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = "", part; !(part = await reader.read()).done; ) {
        const events = (rest + part.value).split("\\n\\n");
        rest = events.pop();
        shown.textContent += events.map((event) => event.slice("data: ".length)).join("");
      }
    } catch {
      failed.hidden = false;
    }
  };
</script>`;

createServer((_, response) => response.setHeader("content-type", "text/html").end(PAGE)).listen(Number(port), "127.0.0.1");
