// Where the Python part is: on PATH, or set up from a wheel or a checkout.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, realpathSync, renameSync, rmSync, statSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve, sep } from "node:path";
import { env, pid } from "node:process";
import { fileURLToPath } from "node:url";

const NAME = "mock-ares";
const HERE = dirname(dirname(realpathSync(fileURLToPath(import.meta.url))));

export const MISSING = `mock-ares: the Python part is not there. This package takes \`mock-ares\` from PATH, or sets it up from a wheel or a
checkout that MOCK_ARES_WHEEL names, with uv, pipx or pip. No index has it yet. From a checkout:

  MOCK_ARES_WHEEL=/path/to/the/checkout npx mock-ares serve`;

/** The path of a program that takes the arguments of `mock-ares`. Says on standard error what it sets up. */
export async function program(): Promise<string> {
  const wheel = env.MOCK_ARES_WHEEL;
  if (wheel) return setUp(resolve(wheel));
  const found = onPath(NAME, isPython);
  if (found === undefined) throw new Error(MISSING);
  return found;
}

function onPath(name: string, fits: (path: string) => boolean = () => true): string | undefined {
  const places = (env.PATH ?? "").split(delimiter).filter(Boolean);
  return places.map((place) => join(place, name)).find((path) => isExecutable(path) && fits(path));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** npx puts this package's own program first on PATH. */
function isPython(path: string): boolean {
  const real = realpathSync(path);
  return !real.startsWith(HERE + sep) && !real.includes(`${sep}node_modules${sep}`);
}

async function setUp(source: string): Promise<string> {
  if (!existsSync(source)) throw new Error(`mock-ares: MOCK_ARES_WHEEL: there is no ${source}; it is the path of a wheel, or of a checkout`);
  const checkout = statSync(source).isDirectory();
  if (!checkout && !source.endsWith(".whl")) throw new Error(`mock-ares: MOCK_ARES_WHEEL: ${source} is no wheel (.whl), and no folder`);
  const cache = join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), NAME, "npm");
  const { size, mtimeMs } = statSync(source);
  const key = createHash("sha256").update(checkout ? source : `${source} ${size} ${mtimeMs}`).digest("hex").slice(0, 12);
  const ready = join(cache, key, "bin", NAME);
  if (isExecutable(ready)) return ready;
  const folder = join(cache, `${key}-${pid}`);
  mkdirSync(folder, { recursive: true });
  try {
    await install(source, folder, checkout ? ["--editable", source] : [source]);
    publish(folder, join(cache, key));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return ready;
}

async function install(source: string, folder: string, what: string[]): Promise<void> {
  const tell = (tool: string) => console.error(`mock-ares: setting up the Python part from ${source} with ${tool}, in ${folder} (once)`);
  if (onPath("uv")) {
    tell("uv");
    await run("uv", ["venv", "--quiet", "--allow-existing", folder]);
    await run("uv", ["pip", "install", "--quiet", "--python", join(folder, "bin", "python"), ...what]);
  } else if (onPath("pipx")) {
    tell("pipx");
    await run("pipx", ["install", "--quiet", ...what], { PIPX_HOME: join(folder, "home"), PIPX_BIN_DIR: join(folder, "bin") });
  } else if (onPath("python3")) {
    tell("pip");
    await run("python3", ["-m", "venv", folder]);
    await run(join(folder, "bin", "python"), ["-m", "pip", "--disable-pip-version-check", "install", "--quiet", ...what]);
  } else {
    throw new Error("mock-ares: setting up the Python part takes uv, pipx or python3 (3.11 or later) on PATH; none is there");
  }
}

/** Two processes may have set it up at once: who comes first is the one. */
function publish(folder: string, place: string): void {
  const link = `${place}.${pid}`;
  symlinkSync(folder, link);
  renameSync(link, place);
}

function run(command: string, args: string[], more: NodeJS.ProcessEnv = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", 2, 2], env: { ...env, ...more } });
    child.on("error", reject);
    child.on("exit", (code, signal) => (code === 0 ? resolve() : reject(new Error(`mock-ares: \`${command} ${args.join(" ")}\` failed (${signal ?? `exit status ${code}`}); what it said is above`))));
  });
}
