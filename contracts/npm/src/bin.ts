#!/usr/bin/env node
// npx mock-ares ...: the Python part, with the same arguments.

import { spawn } from "node:child_process";
import { argv, exit, kill, pid, stdin } from "node:process";

import { program } from "./program.js";

try {
  const child = spawn(await program(), argv.slice(2), { stdio: "inherit" });
  child.on("error", fail);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => stdin.isTTY && signal === "SIGINT" || child.kill(signal)); // a terminal has told both
  }
  child.on("exit", (code, signal) => {
    if (signal === null) exit(code ?? 1);
    process.removeAllListeners(signal);
    kill(pid, signal);
  });
} catch (error) {
  fail(error as Error);
}

function fail(error: Error): never {
  console.error(error.message);
  exit(1);
}
