// The control API of a fake: a method for each operation of its document, with the document's types.

import type { operations } from "./generated/control.js";
import { OPERATIONS } from "./generated/operations.js";

type Name = keyof typeof OPERATIONS;
type Part<Operation, Where extends "path" | "query"> = Operation extends { parameters: infer Parameters }
  ? Where extends keyof Parameters
    ? [NonNullable<Parameters[Where]>] extends [never]
      ? unknown
      : NonNullable<Parameters[Where]>
    : unknown
  : unknown;
type Json<T> = T extends { content: { "application/json": infer Value } } ? Value : never;
type Body<Operation> = Operation extends { requestBody: infer Content }
  ? { body: Json<Content> }
  : Operation extends { requestBody?: infer Content }
    ? [NonNullable<Content>] extends [never]
      ? unknown
      : { body?: Json<NonNullable<Content>> }
    : unknown;

/** What an operation takes: the parameters of its path and its query by name, and `body`. */
export type Input<Key extends Name> = Part<operations[Key], "path"> & Part<operations[Key], "query"> & Body<operations[Key]>;
/** What it answers; nothing where that has no content. */
export type Output<Key extends Name> = operations[Key] extends { responses: infer Responses }
  ? { [Status in keyof Responses & (200 | 201)]: Json<Responses[Status]> }[keyof Responses & (200 | 201)]
  : never;

export type Control = {
  [Key in Name]: (...input: object extends Input<Key> ? [input?: Input<Key>] : [input: Input<Key>]) => Promise<Output<Key>>;
};

/** A request that the fake refused, or one that it never got. */
export class ControlError extends Error {
  override name = "ControlError";
  constructor(
    message: string,
    /** HTTP's; undefined where nobody answered. */
    readonly status?: number,
  ) {
    super(message);
  }
}

/** `token` is the control token, of a fake that listens beyond loopback. */
export function control(url: string, token = process.env.MOCK_ARES_CONTROL_TOKEN): Control {
  const call = (name: Name) => (input?: object) => ask(url, token, name, { ...input });
  return Object.fromEntries((Object.keys(OPERATIONS) as Name[]).map((name) => [name, call(name)])) as unknown as Control;
}

async function ask(url: string, token: string | undefined, name: Name, { body, ...parameters }: Record<string, unknown>) {
  const [method, template] = OPERATIONS[name];
  const path = template.replace(/\{(\w+)\}/g, (_, each: string) => {
    const value = encodeURIComponent(String(parameters[each]));
    delete parameters[each];
    return each === "name" ? value.replaceAll("%2F", "/") : value;
  });
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  const headers: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  if (token) headers.authorization = `Bearer ${token}`;
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(`${url}/_mock/api${path}${query && `?${query}`}`, init).catch((error: Error) => {
    throw new ControlError(`no fake answers at ${url} (${(error.cause as Error | undefined)?.message ?? error.message})`);
  });
  if (response.status === 204) return undefined;
  const told = (await response.json().catch(() => undefined)) as { error?: string } | undefined;
  if (!response.ok) throw new ControlError(told?.error ?? `${url} answered ${response.status}: is it a fake of mock-ares?`, response.status);
  return told;
}
