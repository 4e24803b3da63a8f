// Questions, in dialogs of the page's own kind. The browser keeps the focus inside, and gives it back.

import { field, freshId, h, put } from "./dom.js";

/** Asks; resolves to whether it was agreed to. */
export const agree = (title, text, button) => question({ title, text, button, danger: true }).then((found) => found !== null);

/** Asks for a text; resolves to it, or to null. */
export function askText(title, label, value, button) {
  const input = h("input", { type: "text", value, autocomplete: "off", spellcheck: "false", required: true });
  return question({ title, button, input, label });
}

function question({ title, text = null, button, input = null, label = "", danger = false }) {
  return new Promise((resolve) => {
    const id = freshId();
    let found = null;
    const dialog = h("dialog", { class: "question", "aria-labelledby": id, onclose: () => {
      dialog.remove();
      resolve(found);
    } });
    const answer = (event) => {
      event.preventDefault();
      found = input ? input.value.trim() : "";
      dialog.close();
    };
    put(
      dialog,
      h(
        "form",
        { class: "body", onsubmit: answer },
        h("h2", { id }, title),
        text && h("p", { class: "soft" }, text),
        input && field(label, input),
        h("div", { class: "actions end" }, h("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), h("button", { type: "submit", class: danger ? "danger" : "primary" }, button)),
      ),
    );
    document.body.append(dialog);
    dialog.showModal();
    if (input) {
      input.focus();
      input.setSelectionRange(0, input.value.replace(/\.ya?ml$/, "").length);
    }
  });
}
