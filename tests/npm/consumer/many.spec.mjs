// Tests beside each other on one fake: each sees its own script, and nobody else's.

import { expect, test } from "mock-ares/playwright";

for (let number = 0; number < 6; number += 1) {
  test(`test ${number} has its own`, async ({ page, ares }) => {
    const first = await ares.reply(`A${number}. B${number}.`, { pace: { pauses: [{ at: 1, until: "released" }] } });
    await ares.reply({ error: "rate-limited" });
    await ares.authorize(page);
    await page.goto("/");
    const [input, shown] = [page.getByRole("textbox"), page.getByRole("status")];
    await input.fill(`message ${number}`);
    await input.press("Enter");
    await expect(shown).toHaveText(`A${number}.`);
    expect((await ares.requests()).map(({ held, message }) => [held, message])).toEqual([[1, `message ${number}`]]);
    await first.release();
    await expect(shown).toHaveText(`A${number}. B${number}.`);
    await input.press("Enter");
    await expect(page.getByRole("alert")).toBeVisible();
    expect((await ares.wait({ count: 2 })).map(({ status }) => status)).toEqual([200, 429]);
  });
}

test("a reply that nobody asks for", async ({ page, ares }) => {
  test.fail();
  await ares.reply("Nobody asks for this.");
  await page.goto("/");
});
