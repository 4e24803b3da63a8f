import { Ares, control, NeverAskedError, withAres } from "mock-ares";
import { expect, test } from "vitest";
import { chat } from "./client.mjs";

const all = async (pieces) => {
  const found = [];
  for await (const piece of pieces) found.push(piece);
  return found;
};

for (let number = 0; number < 20; number += 1) {
  test.concurrent(`test ${number} has its own`, withAres(async (ares) => {
    const reply = await ares.reply({ text: `A${number}. B${number}.` }, { pace: { pauses: [{ at: 1, until: "released" }] } });
    const pieces = chat(ares.url + ares.path, ares.token, `message ${number}`);
    expect((await pieces.next()).value).toBe(`A${number}.`);
    await reply.release();
    expect(await all(pieces)).toEqual([` B${number}.`]);
    expect((await ares.requests()).map(({ message, ending }) => [message, ending])).toEqual([[`message ${number}`, "complete"]]);
  }));
}

test("replies come in the order in which they were scripted", withAres(async (ares) => {
  const scripted = await Promise.all(["One.", "Two.", "Three."].map((text) => ares.reply(text)));
  expect(scripted.map(({ index }) => index)).toEqual([0, 1, 2]);
  for (const text of ["One.", "Two.", "Three.", "Three."]) expect(await all(chat(ares.url + ares.path, ares.token, "hi"))).toEqual([text]);
}));

test("released before anybody asks", withAres(async (ares) => {
  const reply = await ares.reply("One. Two.", { pace: { pauses: [{ at: 1, until: "released" }] } });
  await reply.release({ all: true });
  expect(await all(chat(ares.url + ares.path, ares.token, "hi"))).toEqual(["One.", " Two."]);
}));

test("what is never asked for", async () => {
  const ares = await Ares.open();
  await ares.reply("One.", { optional: true });
  await ares.reply("Two.");
  await expect(ares.close()).rejects.toThrow(NeverAskedError);
  await expect(chat(ares.url + ares.path, ares.token, "hi").next()).rejects.toThrow("HTTP 401");
});

test("mistakes are told", withAres(async (ares) => {
  await expect(ares.reply("One.", { pace: { evry: "1s" } })).rejects.toThrow("replies[0].pace.evry: unknown word 'evry'; did you mean 'every'?");
  const one = await ares.reply("One.", { optional: true });
  await expect(one.release()).rejects.toThrow("reply 0 of the script has no pause");
  await expect(ares.wait({ timeout: 0 })).rejects.toThrow("0 of 1 requests with this test's token have ended in 0 s");
  await expect(control("http://127.0.0.1:1").health()).rejects.toThrow("no fake answers at http://127.0.0.1:1 (");
  await expect(control(ares.url).getToken({ id: "nobody/at all" })).rejects.toMatchObject({ status: 404 });
}));
