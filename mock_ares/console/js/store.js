// What the page knows of the fake. The fake is right, always: nothing here is changed but by what it says, so that
// two tabs are in step without knowing of each other.

import { api } from "./api.js";
import { Journal } from "./book.js";

const listeners = new Map();

export const state = {
  link: "connecting", // live, lost, locked
  status: null,
  settings: null,
  chosen: { all: null, tokens: {}, default: "" },
  breaks: [],
  scenarios: [],
  tokens: [],
  files: { folder: null, editable: false, files: [] },
  faults: { faults: [], errors: [] },
  journal: new Journal(),
};

/** Calls `run` after each change of a topic; returns how to stop. */
export function on(topics, run) {
  const each = topics.split(" ");
  for (const topic of each) {
    if (!listeners.has(topic)) listeners.set(topic, new Set());
    listeners.get(topic).add(run);
  }
  return () => each.forEach((topic) => listeners.get(topic).delete(run));
}

export function changed(topic, detail) {
  for (const run of [...(listeners.get(topic) ?? [])]) run(detail, topic);
}

export function set(topic, value) {
  state[topic] = value;
  changed(topic, value);
}

/** All that is not told by `hello`. */
export async function refresh() {
  await Promise.all([refreshJournal(), refreshScenarios(), refreshTokens(), refreshFiles(), refreshFaults()]);
}

export async function refreshScenarios() {
  const found = await api.get("scenarios");
  set("scenarios", found.scenarios);
  set("chosen", found.chosen);
}

export const refreshTokens = async () => set("tokens", (await api.get("tokens")).tokens);
export const refreshFiles = async () => set("files", await api.get("files"));
export const refreshFaults = async () => set("faults", await api.get("faults"));

let reading = null;

/** The whole journal, page by page, the newest first; a newer call ends an older one. */
export async function refreshJournal() {
  reading?.abort();
  const mine = (reading = new AbortController());
  const { journal } = state;
  const found = [];
  journal.reading();
  for (let before = null, more = true; more; ) {
    const page = await api.get("requests", { before, limit: 1000 }, mine.signal).catch((error) => {
      if (mine.signal.aborted) return null; // a newer call reads it
      throw error;
    });
    if (page === null) return;
    found.push(...page.requests);
    more = page.more && page.requests.length > 0;
    before = page.requests.at(-1)?.number;
  }
  journal.replace(found);
  changed("journal");
}

/** What the fake says on its stream of events. */
export const heard = {
  hello(status) {
    const restarted = state.status && state.status.boot !== status.boot;
    state.journal.most = status.journal;
    set("status", status);
    set("settings", status.settings);
    set("chosen", status.chosen);
    set("breaks", status.breaks);
    return restarted;
  },
  opened: (request) => note(request),
  answered: (request) => note(request),
  held: (request) => note(request),
  ended(request) {
    note(request);
    changed("ended", request);
  },
  segments({ requests }) {
    for (const each of requests) state.journal.sent(each);
    changed("journal", requests.map((each) => each.number));
  },
  async cleared({ token }) {
    if (token === null) state.journal.clear();
    else state.journal.clear((request) => request.token === token);
    changed("journal");
  },
  settings: (settings) => set("settings", settings),
  chosen: (chosen) => set("chosen", chosen),
  breaks: ({ breaks }) => set("breaks", breaks),
  tokens: ({ tokens }) => set("tokens", tokens),
  files({ changed: files }) {
    changed("changed-files", files);
    return Promise.all([refreshFiles(), refreshScenarios()]);
  },
  gap: () => refresh(),
};

function note(request) {
  state.journal.note(request);
  changed("journal", [request.number]);
}
