// What a correct client makes of an answer: the text, whether it is all, and what was expected of it.

import { plain } from "./bytes.js";
import { h, icon } from "./dom.js";
import { number } from "./format.js";

const MOST = 20_000;

/** Text from a stream, with hidden characters by name and its line ends kept; `rest` is what never came. */
export function textBox(text, { label = "Text", empty = "No text.", rest = "" } = {}) {
  if (text === "" && rest === "") return h("p", { class: "box soft" }, empty);
  const lines = inLines(text.slice(0, MOST));
  const lost = rest && h("span", { class: "lost", title: "This did not come" }, inLines(rest.slice(0, MOST)));
  const more = text.length > MOST && h("span", { class: "cut" }, ` … ${number(text.length - MOST)} more characters`);
  return h("div", { class: "box said", dir: "auto", role: "group", "aria-label": label, tabindex: text.length + rest.length > 600 ? "0" : null }, lines, more, lost);
}

const inLines = (text) => text.split("\n").flatMap((line, index) => [index > 0 ? "\n" : "", ...plain(line)]);

/** What of `whole` lies behind `text`, if that is its beginning. */
export const restOf = (whole, text) => (whole.length > text.length && whole.startsWith(text) ? whole.slice(text.length) : "");

/** For a request of the journal. */
export function outcomeOf({ read, plan, ending, status }) {
  if (!read) return h("p", { class: "soft" }, plan ? "Nothing was read." : "The bytes of this answer are no longer kept.");
  const nodes = [];
  if (read.error) nodes.push(verdict("bad", "warn", `The stream reported an error: ${read.error}`));
  else if (ending === "open") nodes.push(verdict("accent", "play", "So far."));
  else if (status !== null && status !== 200) nodes.push(verdict("bad", "warn", `HTTP ${status} is no answer: an error, and no text.`));
  else if (ending === "client-left") nodes.push(verdict("warn", "warn", "The client left. Until then it could read this."));
  else if (read.complete) nodes.push(verdict("good", "check", "It is whole, and the client can know it."));
  else nodes.push(verdict("bad", "warn", "It is not whole, and the client can know that: an error behind this text."));
  nodes.push(textBox(read.text, { label: "The text that was read", empty: "No text was read.", rest: ending === "open" ? "" : restOf(plan?.expected.text ?? "", read.text) }));
  const expected = plan?.expected;
  if (expected && ending !== "open" && expected.outcome !== "exact") nodes.push(h("p", { class: "small soft" }, expectation(expected)));
  return nodes;
}

export const verdict = (kind, sign, text) => h("p", { class: `verdict ${kind}` }, icon(sign), h("span", null, text));

const OUTCOMES = {
  exact: ["good", "The exact text"],
  error: ["bad", "An error"],
  either: ["warn", "The text or an error"],
  undetectable: ["warn", "A shortened text that looks whole"],
};

/** What a correct client concludes from a plan, as a sentence. */
export function expectation({ outcome, why }) {
  return `Planned for a correct client: ${OUTCOMES[outcome][1].toLowerCase()}, as ${why}.`;
}

export const outcomeWord = ({ outcome }) => OUTCOMES[outcome];
