// globalSetup: "mock-ares/vitest". Tests find the fake by ARES_URL, as `withAres` and `Ares.open` do.

import { joinOrStart } from "./fake.js";

export default async function setUp(): Promise<() => Promise<void>> {
  const fake = await joinOrStart();
  process.env.ARES_URL = fake.url;
  return () => fake.stop();
}
