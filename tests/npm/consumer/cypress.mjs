// As much of Cypress as docs/frontend-tests.md uses, without its browser: commands wait in line, and what fails is tried again.

import { chat } from "./client.mjs";

let line = Promise.resolve();
let shown = "";
const token = new Map();

const chain = (subject) => {
  const next = (step) => {
    line = line.then(async () => step(await subject()));
    const done = line;
    return chain(() => done);
  };
  return {
    its: (name) => next((value) => value[name]),
    then: (step) => next((value) => step(value)),
    type: (text) => next(() => void show(text.replace("{enter}", ""))),
    should: (_, text) => next(() => until(text)),
  };
};

async function show(message) {
  for await (const piece of chat(`${process.env.ARES_URL}/api/chat/stream`, token.get("token"), message)) shown += piece;
}

async function until(text) {
  while (shown !== text) await new Promise(setImmediate);
}

const command = (step) => (...given) => chain(() => undefined).then(() => step(...given));
globalThis.cy = {
  get: command(() => undefined),
  visit: command((_, { onBeforeLoad }) => onBeforeLoad({ localStorage: { setItem: (name, value) => token.set(name, value) } })),
  request: command(async (method, url, body) => {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
    if (!response.ok) throw new Error(await response.text());
    return { body: await response.json() };
  }),
};
globalThis.Cypress = { env: (name) => process.env[name], Commands: { add: (name, made) => (cy[name] = made) } };
globalThis.it = (_, body) => body();
await import("./cypress/support/commands.js");
await import("./cypress/e2e/chat.cy.js");
await line;
console.log("passed");
