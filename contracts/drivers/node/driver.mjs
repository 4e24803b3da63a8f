// A driver for a Node client: mock-ares check --driver -- node driver.mjs

import { streamChat } from "../../clients/node/fixed.mjs"; // your client in its place: it shows pieces and returns the whole text
import { drive } from "../../drivers/node/drive.mjs";

await drive((target, show) => streamChat({ ...target, show }), { name: "node", capabilities: ["incremental", "cancel", "concurrent", "v1"] });
