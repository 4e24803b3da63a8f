// What a type checker says of use and misuse; nothing here runs.

import { Ares, control, withAres, type Fake } from "mock-ares";
import setUpJest from "mock-ares/jest";
import { drive } from "mock-ares/drive";
import { expect, test } from "mock-ares/playwright";
import setUpVitest from "mock-ares/vitest";

export async function used(ares: Ares, fake: Fake): Promise<string> {
  const reply = await ares.reply("One.", { chunks: { every: 3 }, faults: [{ reset_peer: { after: "One" } }], optional: true });
  await reply.release({ all: true });
  // @ts-expect-error a word that there is not
  await ares.reply("One.", { paces: {} });
  // @ts-expect-error until what?
  await ares.reply("One.", { pace: { pauses: [{ at: 1, until: "later" }] } });
  const api = control(fake.url);
  await api.changeSettings({ body: { speed: 2 } });
  // @ts-expect-error the path has a number
  await api.getRequest({});
  // @ts-expect-error nothing is named so
  await api.getNothing();
  const [first] = (await api.waitForRequests({ count: 2, state: "opened" })).requests;
  const held: number | null | undefined = first?.held;
  await api.clearRequests();
  const made = await api.createToken();
  const gone: undefined = await api.dropToken({ id: made.id });
  return `${made.api_key} ${held} ${gone}`;
}

test.use({ aresUrl: "http://127.0.0.1:3000" });
test("typed", async ({ page, ares, aresFake }) => {
  await ares.authorize(page, "**/api/**");
  expect((await ares.requests())[0]?.ending).toBe("complete");
  const url: string = aresFake.url;
  return void url;
});

export const body: () => Promise<void> = withAres(async (ares) => ares.requests());
export const setUps: [() => Promise<void>, () => Promise<() => Promise<void>>] = [setUpJest, setUpVitest];
void drive(async ({ url, path, token, message }, show) => (show(url + path), `${token} ${message}`), { capabilities: ["cancel"] });
