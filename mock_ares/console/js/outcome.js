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

const BROKEN = "rejects with a TypeError, which says no more than “network error”";

/**
 * What `fetch` in a page makes of an answer: [kind, sign, text], one or more. The Fetch standard and what Chromium does; a page is told less
 * than other clients.
 */
export function pageSees({ method, status, ending, faults, reason, read, plan, headers }) {
  const mode = new Map(headers).get("sec-fetch-mode");
  const rows = [];
  const say = (kind, sign, text) => rows.push([kind, sign, text]);
  if (reason.includes("(CORS)")) say("bad", "warn", `Nothing. Its origin is not allowed, so fetch rejects with a TypeError; status and text are kept from the page. ${method === "OPTIONS" ? "The request that this one asks leave for is not sent." : ""}`);
  else if (method === "OPTIONS") say("good", "check", "Nothing: the browser asks this by itself, and the page's own request may follow.");
  else if (status === null && ending !== "open") say("bad", "warn", "No answer: fetch rejects with “Failed to fetch”. Where the connection closed before a byte, the browser may have asked a second time by itself.");
  else if (status >= 300 && status < 400) say("warn", "warn", "Not this answer: fetch follows the redirect by itself. With redirect: “manual” the page gets an opaque one, without status or location.");
  else if (status !== null && status !== 200) say("warn", "warn", `fetch does not reject: response.ok is ${status < 300}, response.status ${status}, and the body is there to be read.`);
  else if (ending === "open") say("accent", "play", "fetch has resolved; response.body gives each read as it comes.");
  else if (ending === "client-left") say("warn", "warn", "It has left: it aborted, or was closed or reloaded.");
  else if (ending === "hang") say("bad", "warn", "It waits, as long as nobody aborts: fetch has no time-out of its own.");
  else if (plan?.gzip && faults.includes("cut_gzip")) say("bad", "warn", "A whole answer: Chromium takes a compressed body that is cut for a whole one, and nothing tells the page.");
  else if (ending !== "complete" || (read && !read.complete && plan?.dialect === "text")) say("bad", "warn", `fetch resolves with status 200; a read behind this text ${BROKEN}. Behind a proxy it may be otherwise.`);
  else if (read && !read.complete) say("warn", "warn", "The body ends well, as HTTP has it; that the text is not all only its own records can say.");
  else say("good", "check", "fetch resolves with status 200; the reads give all of the text, and then done.");
  return { rows, asked: mode !== undefined };
}

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
