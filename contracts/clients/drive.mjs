// Any Node client of this folder under the driver protocol: node drive.mjs node/fixed.mjs

import { resolve } from "node:path";
import { argv } from "node:process";
import { pathToFileURL } from "node:url";

import { drive } from "../drivers/node/drive.mjs";

const file = argv[2];
argv.length = 1; // a client that looks whether it is the program must not take itself for it
const { streamChat } = await import(pathToFileURL(resolve(file)).href);
await drive((target, show) => streamChat({ ...target, show }), { capabilities: ["concurrent"] });
