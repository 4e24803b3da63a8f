/** One example, as the harness puts it: where to ask, as whom, and what. */
export interface Target {
  url: string;
  path: string;
  token: string;
  message: string;
  api_key?: string;
  [member: string]: unknown;
}

export interface Hello {
  name?: string;
  /** As in the driver protocol: incremental, cancel, concurrent, v1, retry, gzip, redirects, timeout=5. */
  capabilities?: string[];
}

/**
 * Runs a client for `mock-ares check --driver -- node FILE` until there are no more examples.
 *
 * The client calls `show` with each piece of text as it shows it, and gives the whole text; it throws to report failure.
 */
export function drive(client: (target: Target, show: (piece: string) => void) => Promise<string> | string, hello?: Hello): Promise<void>;
