// The loop of a driver (driver-protocol.md) around a client: (target, show) => text

import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline";

const say = (message) => stdout.write(JSON.stringify(message) + "\n");

async function answer(client, { id, cancel_after: wanted = Infinity, ...target }) {
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
    const text = await client(target, show);
    if (typeof text !== "string") throw new TypeError(`the client returned ${text}: it returns the whole text, whatever it has shown`);
    say({ id, text });
  } catch (error) {
    if (error === stop) say({ id, text: shown });
    else say({ id, error: [error, error?.cause].filter(Boolean).join(": ") || "an error without a text" });
  }
}

export async function drive(client, { name, capabilities = ["incremental", "cancel", "concurrent"] } = {}) {
  say({ protocol: 1, name, capabilities });
  // readline ends lines at U+2028 too. Requests are ASCII, so they hold none.
  for await (const line of createInterface({ input: stdin })) answer(client, JSON.parse(line)); // not awaited: there may be two at once
}
