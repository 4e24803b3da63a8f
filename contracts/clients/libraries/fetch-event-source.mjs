// @microsoft/fetch-event-source, used as its documentation has it; on Node, with a stand-in for the page that it is
// made for. What onerror throws ends the attempts, as the documentation says: by itself the library asks for ever.

import { fetchEventSource } from "@microsoft/fetch-event-source";

globalThis.window ??= globalThis;
globalThis.document ??= { hidden: false, addEventListener() {}, removeEventListener() {} };

export async function streamChat({ url, path, token, message, show }) {
  let text = "";
  await fetchEventSource(url + path, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ message }),
    onmessage({ data }) {
      text += data;
      show(data);
    },
    onerror(error) {
      throw error;
    },
  });
  return text;
}
