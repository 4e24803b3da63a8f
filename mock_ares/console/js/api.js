// The control API, beside this page.

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.error ?? `The fake answered ${status}.`);
    this.status = status;
    this.mistakes = body?.mistakes ?? null;
  }
}

/** A fake that cannot be reached. */
export class Unreachable extends Error {
  constructor() {
    super("The fake does not answer. Is it still running?");
  }
}

export const url = (path, query = {}) => {
  const asked = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(asked).toString();
  return `api/${path}${text && `?${text}`}`;
};

async function call(method, path, { query, body, signal } = {}) {
  let response;
  try {
    response = await fetch(url(path, query), {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unreachable();
  }
  if (response.status === 204) return null;
  const found = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError(response.status, found);
  return found;
}

/** A name in a path: slashes of folders stay. */
export function part(name) {
  const parts = name.split("/");
  // A browser resolves these before it asks, so the fake would never see them.
  if (parts.some((each) => each === "" || each === "." || each === "..")) throw new Error(`${name} leads out of the served folder.`);
  return parts.map(encodeURIComponent).join("/");
}

export const api = {
  get: (path, query, signal) => call("GET", path, { query, signal }),
  post: (path, body = {}, signal) => call("POST", path, { body, signal }),
  put: (path, body) => call("PUT", path, { body }),
  patch: (path, body) => call("PATCH", path, { body }),
  delete: (path, query) => call("DELETE", path, { query }),
};
