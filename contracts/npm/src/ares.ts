// A fake ARES that is a test's own: a token with a script and a journal that no other test touches.

import { control, type Control, type Output } from "./control.js";
import type { components } from "./generated/scenario.js";

/** The words of a reply, as in a scenario file: durations with their units. */
export type Words = Partial<components["schemas"]["Reply"]>;
export type RequestSeen = Output<"listRequests">["requests"][number];

export interface Options {
  /** It need not be asked for. */
  optional?: boolean;
}

/** A reply of the script, in a test's hand. */
export class ScriptedReply {
  constructor(
    private readonly ares: Ares,
    /** Which of the script's, counted from 0. */
    readonly index: number,
  ) {}

  /**
   * Ends the pause `until: released` at which the stream stands, or the next that it comes to; `all` ends every one from
   * now on. It may be said before anybody has asked for the reply.
   */
  async release({ all = false } = {}): Promise<void> {
    await this.ares.control.releaseReply({ id: this.ares.id, reply: this.index, body: { all } });
  }
}

/** Replies were scripted and no client asked for them. */
export class NeverAskedError extends Error {
  override name = "NeverAskedError";
}

export class Ares {
  readonly control: Control;
  readonly path = "/api/chat/stream";
  private readonly scripted: { said: string; optional: boolean }[] = [];
  private last: Promise<unknown> = Promise.resolve();

  protected constructor(
    /** The fake's origin, without a path. */
    readonly url: string,
    /** For the stream that takes a JWT, at `path`. */
    readonly token: string,
    /** For the stream that takes a key; it shares script and journal with the token. */
    readonly apiKey: string,
    readonly id: string,
  ) {
    this.control = control(url);
  }

  /** One for a test. `name` is shown in the console. */
  static async open(url = process.env.ARES_URL, name = ""): Promise<Ares> {
    if (!url) throw new Error(NO_URL);
    const made = await control(url).createToken({ body: { name: name.slice(0, 200) } });
    return new this(url, made.token, made.api_key, made.id);
  }

  /** Scripts the next reply: a text, the words of a scenario file, or both. Behind the last one comes that again. */
  async reply(text: string | Words, words: Words & Options = {}): Promise<ScriptedReply> {
    const { optional = false, ...rest } = words;
    const reply = { ...(typeof text === "string" ? { text } : text), ...rest };
    const index = this.scripted.push({ said: JSON.stringify(reply), optional }) - 1;
    const pushed = this.last.then(() => this.control.pushReplies({ id: this.id, body: { replies: [reply] } }));
    this.last = pushed.catch(() => this.scripted.splice(index, 1)); // what is refused is not waited for
    await pushed;
    return new ScriptedReply(this, index);
  }

  /** What was asked and what became of it, the oldest first. What the client has seen the end of has ended. */
  async requests(): Promise<RequestSeen[]> {
    await this.last;
    return (await this.control.listRequests({ token: this.id, after: 0, limit: 1000 })).requests;
  }

  /** Waits for so many requests, which have ended, or have come (`state: "opened"`). Throws when `timeout` seconds are over. */
  async wait({ count = 1, state = "ended" as "ended" | "opened", timeout = 10 } = {}): Promise<RequestSeen[]> {
    const told = await this.control.waitForRequests({ token: this.id, count, state, timeout });
    if (told.reached) return told.requests;
    throw new Error(`${told.requests.length} of ${count} requests with this test's token have ${state === "ended" ? "ended" : "come"} in ${timeout} s`);
  }

  /** The end of the test: open streams are reset, the token is refused. Throws NeverAskedError where the test has passed. */
  async close({ passed = true } = {}): Promise<void> {
    await this.last;
    const { given } = await this.control.getToken({ id: this.id });
    await this.control.dropToken({ id: this.id });
    const unasked = this.scripted.map(({ said, optional }, at) => (at < given || optional ? "" : `\n  reply ${at + 1}: ${said}`)).filter(Boolean);
    if (passed && unasked.length > 0) throw new NeverAskedError(`never asked for with this test's token:${unasked.join("")}\nIf it need not be, say so: ares.reply(..., { optional: true })`);
  }
}

const NO_URL =
  "no fake is known: ARES_URL is not set. The global set-up of mock-ares/vitest or mock-ares/jest starts one and sets it; " +
  "so does `npx mock-ares serve` in a terminal, at http://127.0.0.1:3000";

/** `test("...", withAres(async (ares) => {...}))`: a fake of the test's own, in any runner. */
export function withAres(body: (ares: Ares) => unknown, name?: string): () => Promise<void> {
  return async () => {
    const ares = await Ares.open(undefined, name);
    try {
      await body(ares);
    } catch (error) {
      await ares.close({ passed: false }).catch(() => {});
      throw error;
    }
    await ares.close();
  };
}
