// The line to the fake: its events, as long as it lives; when it is gone, asked for again until it is back.

import { api, url } from "./api.js";
import { changed, heard, refresh, set, state } from "./store.js";

const NAMES = ["hello", "opened", "answered", "segments", "held", "ended", "cleared", "settings", "chosen", "breaks", "tokens", "files", "gap"];
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 3000;
const HIDDEN_MS = 60_000; // a tab that is away for longer gives its connection back: browsers have six for each host

let source = null;
let wait = FIRST_WAIT_MS;
let timer = null;
let lastId = null;
let failure = null;

export function connect() {
  clearTimeout(timer);
  source?.close();
  const mine = (source = new EventSource(url("events", { last_event_id: lastId })));
  for (const name of NAMES) {
    mine.addEventListener(name, (event) => {
      if (mine === source) receive(name, event);
    });
  }
  mine.onerror = () => {
    if (mine !== source) return;
    mine.close();
    lost();
  };
}

/** After the fake has been told the control token. */
export function reconnect() {
  wait = FIRST_WAIT_MS;
  set("link", "connecting");
  connect();
}

async function receive(name, event) {
  if (event.lastEventId) lastId = event.lastEventId;
  try {
    if (name === "hello") await welcome(JSON.parse(event.data));
    else await heard[name](JSON.parse(event.data));
  } catch (error) {
    if (error.name !== "AbortError") console.error(`after ${name}:`, error);
  }
}

async function welcome(status) {
  const before = state.link;
  const restarted = heard.hello(status);
  wait = FIRST_WAIT_MS;
  if (restarted) {
    lastId = null;
    state.journal.clear();
    changed("restarted");
  }
  set("link", "live");
  if (before === "lost") changed("back", restarted);
  await refresh();
}

async function lost() {
  if (state.link === "live" || state.link === "connecting") set("link", "lost");
  clearTimeout(timer);
  timer = setTimeout(connect, wait);
  wait = Math.min(wait * 1.6, LONGEST_WAIT_MS);
  try {
    await api.get("health");
    failure = null;
  } catch (error) {
    failure = error;
  }
  if (failure?.status === 401 || failure?.status === 403) {
    clearTimeout(timer); // asking again changes nothing
    set("link", "locked");
  }
}

export const whyLocked = () => failure?.message ?? "";

let away = null;
document.addEventListener("visibilitychange", () => {
  clearTimeout(away);
  if (document.hidden) {
    away = setTimeout(() => {
      source?.close();
      source = null;
      clearTimeout(timer);
    }, HIDDEN_MS);
  } else if (source === null && state.link !== "locked") {
    connect();
  } else if (state.link === "lost") {
    wait = FIRST_WAIT_MS;
    connect();
  }
});
