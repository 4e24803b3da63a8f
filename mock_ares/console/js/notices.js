// What the page tells: for eyes in the corner, for screen readers in a live region.

import { byId, h } from "./dom.js";

const SHOWN_MS = 4000;
const FRESH_MS = 500; // what leads to another view is told before it is there

/** Says something to everybody; a failure stays until it is dismissed, or something has gone well since. */
export function tell(text, { bad = false } = {}) {
  announce(text);
  const close = h("button", { type: "button", "aria-label": "Dismiss", onclick: () => notice.remove() }, "OK");
  const notice = h("p", { class: bad ? "bad" : null }, text, bad && close);
  const notices = byId("notices");
  for (const before of [...notices.children]) if (!bad || before.said === text || !before.classList.contains("bad")) before.remove();
  notice.said = text;
  notice.since = performance.now();
  notices.append(notice);
  while (notices.children.length > 3) notices.firstChild.remove();
  if (!bad) setTimeout(() => notice.remove(), SHOWN_MS);
}

/** In another view nobody asks any more what was done in the one before. */
export function forget() {
  for (const notice of [...byId("notices").children]) if (!notice.classList.contains("bad") && performance.now() - notice.since > FRESH_MS) notice.remove();
}

/** Says something to who does not see it happen. */
export function announce(text) {
  const region = byId("announcer");
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = text));
}

/** Does something, and tells what went wrong. Returns what it returned, or undefined. */
export async function attempt(work, said = null) {
  try {
    const found = await work();
    if (said) tell(said);
    return found;
  } catch (error) {
    if (error.name === "AbortError") return undefined;
    tell(error.message, { bad: true });
    return undefined;
  }
}

export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "reader", value: text, "aria-hidden": "true" });
    const before = document.activeElement;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    before?.focus();
  }
  tell(`Copied ${what}.`);
}
