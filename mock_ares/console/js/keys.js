// Keys: every action has one or can be reached by Tab. Single letters can be switched off, since speech input types them.

import { byId, h, icon, put } from "./dom.js";

const STORED = "mock-ares-keys";

/** [key, what it does, action]; `actions` is what main hands over. */
const TABLE = [
  ["Views", [
    ["1", "Journal", (a) => a.view("journal")],
    ["2", "Scenarios", (a) => a.view("scenarios")],
    ["3", "Compose", (a) => a.view("compose")],
    ["4", "Files", (a) => a.view("files")],
    ["/", "Filter", (a) => a.filter()],
    ["j", "Next one of the list", (a) => a.step(1)],
    ["k", "The one before", (a) => a.step(-1)],
    ["Escape", "Out of a field; back, close, stop", (a) => a.leave()],
  ]],
  ["Live controls", [
    ["p", "Pause, go on", (a) => a.pause()],
    ["+", "Faster", (a) => a.faster(1)],
    ["-", "Slower", (a) => a.faster(-1)],
    ["b", "Break the next reply", (a) => a.focusBreak()],
    ["s", "Speed", (a) => a.focusSpeed()],
  ]],
  ["An open request", [
    ["y", "Copy the curl line", (a) => a.copyCurl()],
    ["w", "Save as scenario", (a) => a.saveScenario()],
    ["r", "Ask again", (a) => a.again()],
  ]],
  ["Page", [
    ["t", "Light or dark", (a) => a.theme()],
    ["?", "This list", (a) => a.help()],
  ]],
];
const ALWAYS = [
  ["Ctrl Enter", "Send the message"],
  ["Ctrl S", "Save the file"],
  ["F8", "Next mistake of the file"],
  ["↑ ↓ Home End", "Move in a list"],
  ["Enter", "Open it"],
];
const BY_KEY = new Map(TABLE.flatMap(([, rows]) => rows.map(([key, , action]) => [key, action])));

const letters = () => {
  try {
    return localStorage.getItem(STORED) !== "off";
  } catch {
    return true;
  }
};

export function listen(actions) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return; // it has its own Escape
    const typing = event.target.closest?.('input:not([type="range"], [type="checkbox"]), textarea, select');
    if (typing && event.key !== "Escape") return;
    if (event.key !== "Escape" && !letters()) return;
    const action = BY_KEY.get(event.key === "=" ? "+" : event.key);
    if (!action) return;
    if (typing && event.key === "Escape") typing.blur();
    else action(actions);
    event.preventDefault();
  });
}

export function openHelp(status) {
  const dialog = byId("help");
  const shown = ([key, what]) => h("li", null, h("span", null, what), h("span", { class: "which" }, key.split(" ").map((each) => [h("kbd", null, each), " "])));
  const toggle = h("input", { type: "checkbox", checked: letters(), onchange: () => remember(toggle.checked) });
  put(
    dialog,
    h("header", null, h("h2", null, "Keys"), h("button", { type: "button", class: "plain", "aria-label": "Close", onclick: () => dialog.close() }, icon("x"))),
    h(
      "div",
      { class: "body" },
      TABLE.map(([title, rows]) => h("section", null, h("h3", null, title), h("ul", { class: "keys" }, rows.map(shown)))),
      h("section", null, h("h3", null, "Where they belong"), h("ul", { class: "keys" }, ALWAYS.map(shown))),
      h("label", { class: "inline" }, toggle, "Single keys do these things"),
      h("p", { class: "small soft" }, status ? `mock-ares ${status.version} at ${status.url}. ` : "", "Everything here can be done by programs, too: ", h("a", { href: "api/openapi.yaml" }, "the control API"), "."),
    ),
  );
  dialog.showModal();
}

function remember(on) {
  try {
    localStorage.setItem(STORED, on ? "on" : "off");
  } catch {
    // holds until the page is closed, then
  }
}
