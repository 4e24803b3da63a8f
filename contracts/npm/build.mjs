// node build.mjs CONTRACTS: writes down what the documents say, in TypeScript, and compiles all of it into dist/.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { argv, execPath } from "node:process";

import { load } from "js-yaml";
import openapiTS, { astToString } from "openapi-typescript";

const contracts = resolve(argv[2] ?? "..");
const read = (name) => readFileSync(join(contracts, name), "utf8");
const API = "/_mock/api";
const OPEN = { emptyObjectsUnknown: true, defaultNonNullable: false }; // an object may have any members, and what has a default is left out
const PLAIN = new Set(["document", "events"]); // they answer no JSON, which a caller reads by itself

rmSync("dist", { recursive: true, force: true });
rmSync("src/generated", { recursive: true, force: true });
mkdirSync("src/generated", { recursive: true });
const write = (name, text) => writeFileSync(`src/generated/${name}.ts`, `// By build.mjs. Change the document, not this.\n\n${text}`);

const document = load(read("control.openapi.yaml"));
write("control", astToString(await openapiTS(document, OPEN)));
write("operations", operations(document));
write("scenario", astToString(await openapiTS(inOpenApi(JSON.parse(read("scenario.schema.json"))), OPEN)));
execFileSync(execPath, ["node_modules/typescript/bin/tsc"], { stdio: "inherit" });
cpSync(join(contracts, "drivers/node/drive.mjs"), "dist/drive.mjs");
cpSync("src/drive.d.mts", "dist/drive.d.mts");

/** Of each operation the method, the path, and which names in it are parameters. */
function operations({ paths }) {
  const lines = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method, { operationId }]) => method !== "parameters" && !PLAIN.has(operationId))
      .map(([method, { operationId }]) => `  ${operationId}: ["${method.toUpperCase()}", "${path.slice(API.length)}"],\n`),
  );
  return `export const OPERATIONS = {\n${lines.join("")}} as const;\n`;
}

/** A JSON Schema with definitions, as a document that has these among its components. */
function inOpenApi({ $defs }) {
  const text = JSON.stringify($defs).replaceAll("#/$defs/", "#/components/schemas/");
  return { openapi: "3.1.0", info: { title: "Scenario files", version: "1" }, paths: {}, components: { schemas: JSON.parse(text) } };
}
