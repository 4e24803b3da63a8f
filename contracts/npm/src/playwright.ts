// import { test, expect } from "mock-ares/playwright": each test has a fake of its own, whatever runs beside it.

import { test as base, type BrowserContext, type Page } from "@playwright/test";

import { Ares } from "./ares.js";
import { joinOrStart, type Fake } from "./fake.js";

export { expect } from "@playwright/test";

export class PageAres extends Ares {
  static override async open(url?: string, name?: string): Promise<PageAres> {
    return (await super.open(url, name)) as PageAres;
  }

  /**
   * Requests of the page to the fake carry this test's token, whatever the page has. `where`: which requests, as
   * `page.route` takes it, where they go by way of the page's own server.
   */
  async authorize(page: Page | BrowserContext, where: string | RegExp = `${this.url}/**`): Promise<void> {
    const authorization = `Bearer ${this.token}`;
    await page.route(where, (route) => route.fallback({ headers: { ...route.request().headers(), authorization } }));
  }
}

interface Own {
  ares: PageAres;
}

interface OfWorker {
  /** The fake's origin, by default that of ARES_URL; undefined: each worker starts one. */
  aresUrl: string | undefined;
  aresFake: Fake;
}

export const test = base.extend<Own, OfWorker>({
  aresUrl: [process.env.ARES_URL, { scope: "worker", option: true }],
  aresFake: [
    async ({ aresUrl }, use) => {
      const fake = await joinOrStart(aresUrl);
      await use(fake);
      await fake.stop();
    },
    { scope: "worker" },
  ],
  ares: async ({ aresFake }, use, info) => {
    const ares = await PageAres.open(aresFake.url, info.title);
    await use(ares);
    await ares.close({ passed: info.status === "passed" });
  },
});
