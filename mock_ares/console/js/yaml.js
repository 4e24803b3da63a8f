// Colours for a line of YAML: keys, texts in quotes, numbers and switches, comments. It is for eyes only; what a file
// says is the validator's to tell.

import { h } from "./dom.js";

const PARTS = [
  ["comment", /^#.*/],
  ["text", /^"(?:[^"\\]|\\.)*"?|^'(?:[^']|'')*'?/],
  ["key", /^[A-Za-z_][\w-]*(?=:(?:\s|$))/],
  ["value", /^(?:true|false|null)(?=[\s,}\]]|$)|^-?\d+(?:\.\d+)?(?:ms|s|m|h|%)?(?=[\s,}\]]|$)/],
  ["sign", /^[[\]{},:|>-]+(?=\s|$|[\w"'{[])|^[[\]{},]/],
];
const MOST = 2000;

export function colour(line) {
  if (line.length > MOST) return [line];
  const out = [];
  let plain = "";
  let boundary = true; // a word begins only behind a space or a sign
  for (let rest = line; rest !== ""; ) {
    const found = boundary ? PARTS.map(([kind, pattern]) => [kind, pattern.exec(rest)?.[0]]).find(([, text]) => text) : null;
    const text = found ? found[1] : rest[0];
    if (found) {
      if (plain) out.push(plain);
      plain = "";
      out.push(h("span", { class: `y-${found[0]}` }, text));
      boundary = found[0] === "sign";
    } else {
      plain += text;
      boundary = /[\s[{,(]/.test(text);
    }
    rest = rest.slice(text.length);
    if (found && found[0] !== "sign") boundary = false;
  }
  if (plain) out.push(plain);
  return out;
}
