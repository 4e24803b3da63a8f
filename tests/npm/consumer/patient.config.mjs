// The configuration of the page, on a machine that may be busy.

import config from "./playwright.config.mjs";

export default { ...config, timeout: 120_000, expect: { timeout: 60_000 } };
