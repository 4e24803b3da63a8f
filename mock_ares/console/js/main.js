// The page: its views, its line to the fake, its keys.

import { api } from "./api.js";
import { ComposeView } from "./compose.js";
import { Controls } from "./controls.js";
import { byId, h, put, say } from "./dom.js";
import { FilesView } from "./files.js";
import { count } from "./format.js";
import { JournalView } from "./journal.js";
import { listen, openHelp } from "./keys.js";
import { connect, reconnect, whyLocked } from "./link.js";
import { announce, forget, tell } from "./notices.js";
import { address, go, here } from "./route.js";
import { ScenariosView } from "./scenarios.js";
import { on, state } from "./store.js";

const controls = new Controls(byId("controls"));
const views = { journal: new JournalView(), scenarios: new ScenariosView(), compose: new ComposeView(), files: new FilesView() };
const TITLES = { journal: "Journal", scenarios: "Scenarios", compose: "Compose", files: "Files", controls: "Controls" };
let current = null;

function route() {
  const { view, argument } = here();
  forget();
  document.body.dataset.view = view;
  for (const link of document.querySelectorAll(".views a")) {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${argument && view !== "controls" ? `${view === "journal" ? `#${argument}` : argument} · ` : ""}${TITLES[view]} · mock-ares`;
  const wanted = view === "controls" ? (current ?? "journal") : view;
  if (wanted !== current) {
    put(byId("main"), views[wanted].element);
    current = wanted;
  }
  if (view !== "controls") views[wanted].show(argument);
}

const theView = () => views[current];

/** Controls are a view of their own where there is no room for them beside another. */
function reach(focus) {
  if (byId("controls").offsetParent === null) go("controls");
  setTimeout(focus);
}

listen({
  view(name) {
    go(name);
    views[name].focus();
  },
  filter() {
    const search = theView().search;
    if (search) search.focus();
  },
  step: (by) => theView().step?.(by),
  leave: () => theView().leave?.(),
  pause: () => controls.togglePause(),
  faster: (by) => controls.faster(by),
  focusBreak: () => reach(() => controls.focusBreak()),
  focusSpeed: () => reach(() => controls.focusSpeed()),
  copyCurl: () => current === "journal" && views.journal.pane.copyCurl(),
  saveScenario: () => current === "journal" && views.journal.pane.openSave(),
  again: () => current === "journal" && views.journal.pane.again(),
  theme: () => announce(`${window.switchTheme()} colours`),
  help: () => openHelp(state.status),
});
byId("theme").addEventListener("click", () => window.switchTheme());
byId("help-open").addEventListener("click", () => openHelp(state.status));
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  theView().focus();
});
addEventListener("hashchange", route);

const WORDS = { connecting: "Connecting", live: "Live", lost: "The fake is gone; trying again", locked: "Locked" };

on("link", (link) => {
  byId("link").dataset.state = link;
  say(byId("link-word"), WORDS[link]);
  banner();
});
on("status", (status) => say(byId("link-where"), status.url.replace(/^https?:\/\//, "")));
on("back", (restarted) => tell(restarted ? "The fake was started anew. Its journal begins again." : "The fake is back."));
on("files link", banner);
on("changed-files", (files) => {
  for (const file of files) {
    if (file.change === "broken") announce(`${file.name} has mistakes. ${file.serving === "last-good" ? "The last good version is served." : ""}`);
  }
});

/** What must not be missed: a lock, or files that are broken. */
function banner() {
  const box = byId("banner");
  const broken = state.files.files.filter((file) => file.mistakes.length > 0);
  byId("files-flag").hidden = broken.length === 0;
  if (state.link === "locked") return show(box, "locked", [h("span", null, whyLocked()), lockForm()]);
  if (broken.length === 0) return show(box, null, []);
  const [first] = broken;
  const [mistake] = first.mistakes;
  const where = `${first.name}:${mistake.line}:${mistake.column}: ${mistake.message}`;
  const serving = first.serving === "last-good" ? "The last good version is served." : "It is not served.";
  const others = broken.length > 1 ? ` ${count(broken.length - 1, "other file")} with mistakes.` : "";
  return show(box, where + serving + others, [h("a", { href: address("files", first.name) }, where), h("span", null, serving + others)]);
}

function show(box, kind, nodes) {
  if (box.dataset.kind === String(kind)) return;
  box.dataset.kind = kind;
  box.hidden = kind === null;
  put(box, nodes);
}

function lockForm() {
  const input = h("input", { type: "password", "aria-label": "Control token", placeholder: "Control token", autocomplete: "off" });
  const open = async (event) => {
    event.preventDefault();
    try {
      await api.post("session", { token: input.value });
      reconnect();
    } catch (error) {
      tell(error.message, { bad: true });
    }
  };
  return h("form", { onsubmit: open }, input, h("button", { type: "submit", class: "primary" }, "Open"));
}

route();
connect();
