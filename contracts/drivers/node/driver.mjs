// A driver for a Node client: mock-ares check --driver -- node driver.mjs

import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline";

import { streamChat } from "../../clients/node/fixed.mjs"; // your client in its place

const say = (message) => stdout.write(JSON.stringify(message) + "\n");

async function answer({ id, cancel_after: wanted = Infinity, ...call }) {
  const stop = new Error("stopped by the caller");
  let shown = "";
  let count = 0;
  const show = (piece) => {
    shown += piece;
    count += [...piece].length; // code points
    say({ id, piece });
    if (count >= wanted) throw stop;
  };
  try {
    say({ id, text: await streamChat({ ...call, show }) });
  } catch (error) {
    if (error === stop) say({ id, text: shown });
    else say({ id, error: [error, error?.cause].filter(Boolean).join(": ") || "an error without a text" });
  }
}

say({ protocol: 1, name: "node", capabilities: ["incremental", "cancel", "concurrent", "v1"] });
// readline ends lines at U+2028 too. Requests are ASCII, so they hold none.
for await (const line of createInterface({ input: stdin })) answer(JSON.parse(line)); // not awaited: there may be two at once
