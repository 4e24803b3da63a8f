// globalSetup: "mock-ares/jest". The fake ends with Jest.

import { joinOrStart } from "./fake.js";

export default async function setUp(): Promise<void> {
  process.env.ARES_URL = (await joinOrStart()).url;
}
