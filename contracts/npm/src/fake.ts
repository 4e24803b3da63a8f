// A fake for a run of tests: one that is up already, or a process of its own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { control } from "./control.js";
import { program } from "./program.js";

export interface Fake {
  /** The origin, without a path. */
  url: string;
  /** Ends it, if it was started here. */
  stop(): Promise<void>;
}

/** Starts one on a free port; `args` are those of `mock-ares serve`. It ends with this process, however that ends, if it is not stopped before. */
export async function start(args: string[] = []): Promise<Fake> {
  const child = spawn(await program(), ["serve", "--port", "0", "--json-logs", "--until-stdin-closes", ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(child, "exit").catch((error: Error) => [error.message]);
  const url = await Promise.race([listening(child.stdout), ended.then(([how]) => Promise.reject(new Error(`mock-ares serve has ended (${how}) before it listened`)))]);
  child.stdout.resume(); // or the pipe fills up
  child.unref();
  for (const pipe of [child.stdin, child.stdout] as unknown as { unref(): void }[]) pipe.unref();
  const stop = async () => {
    child.kill();
    await ended;
  };
  return { url, stop };
}

async function listening(output: NodeJS.ReadableStream): Promise<string> {
  const lines = createInterface({ input: output });
  return new Promise((resolve) => {
    lines.on("line", (line) => {
      const { event, url } = JSON.parse(line) as { event: string; url: string };
      if (event !== "listening") return;
      lines.close();
      resolve(url);
    });
  });
}

/** The one at `url`, by default that of ARES_URL; where none is named, one that is started. Throws where nobody answers. */
export async function joinOrStart(url = process.env.ARES_URL): Promise<Fake> {
  const fake = url ? { url, stop: async () => {} } : await start();
  // What reads scripts is loaded when it is first used, which takes a second: here, and not in the first test's time.
  await control(fake.url).validate({ body: { text: "text: Ready." } });
  return fake;
}
