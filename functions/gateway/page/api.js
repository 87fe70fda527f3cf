// Calls the HTTP API with the session's cookie. Paths may begin with "/" or not; all become relative
// to the page's own address, so that the page works behind any prefix.

/** A problem as RFC 9457 describes it, or a connection that failed, which has the status 0. */
export class ApiProblem extends Error {
  /** @param {{status: number, type?: string, title?: string, detail?: string, etag?: string | null}} problem */
  constructor(problem) {
    super(problem.detail || problem.title || `The server answered ${problem.status}.`);
    this.name = "ApiProblem";
    this.status = problem.status;
    /** The last part of the problem's type, such as "not-found". */
    this.type = (problem.type ?? "").split(":").at(-1) ?? "";
    this.title = problem.title ?? "";
    this.detail = problem.detail ?? "";
    /** ETag of the answer, such as that of the current revision after a conflict. */
    this.etag = problem.etag ?? null;
  }
}

/** Fires "ended" when an answer says that there is no valid session any more. */
export const session = new EventTarget();

/** @param {string} path */
export async function getJson(path) {
  const answer = await call("GET", path);
  return answer.json();
}

/** @param {string} path */
export async function getText(path) {
  const answer = await call("GET", path);
  return answer.text();
}

/**
 * @param {string} path
 * @returns {Promise<Uint8Array>}
 */
export async function getBytes(path) {
  const answer = await call("GET", path);
  const buffer = await answer.arrayBuffer();
  return new Uint8Array(buffer);
}

/**
 * Sends a request and returns the body of its answer, null if it has none, and its ETag.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body] is sent as JSON
 * @param {Record<string, string>} [headers]
 * @returns {Promise<{body: any, etag: string | null, status: number}>}
 */
export async function send(method, path, body, headers = {}) {
  const answer = await call(method, path, body, headers);
  const text = await answer.text();
  return {
    body: text ? JSON.parse(text) : null,
    etag: answer.headers.get("ETag"),
    status: answer.status,
  };
}

/**
 * Follows a job as server-sent events. Returns a function that ends it.
 *
 * The browser connects again by itself after an interruption, and goes on after the last event.
 * @param {string} id
 * @param {Record<string, (data: any) => void>} handlers by the event's name without "job.": state,
 *   progress, segment, done, failed, cancelled
 */
export function jobEvents(id, handlers) {
  const source = new EventSource(relative(`api/v1/jobs/${encodeURIComponent(id)}/events`));
  for (const [name, handle] of Object.entries(handlers)) {
    source.addEventListener(`job.${name}`, (event) => handle(JSON.parse(event.data)));
  }
  const close = () => source.close();
  for (const end of ["done", "failed", "cancelled"]) source.addEventListener(`job.${end}`, close);
  return close;
}

/**
 * Returns a path relative to the page's own address.
 * @param {string} path
 */
export function relative(path) {
  return path.replace(/^\/+/, "");
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {Record<string, string>} [headers]
 */
async function call(method, path, body, headers = {}) {
  /** @type {RequestInit} */
  const request = { method, headers: { ...headers } };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "Content-Type": "application/json", ...headers };
  }
  const answer = await fetched(path, request);
  if (answer.ok) return answer;
  const problem = await problemOf(answer);
  if (answer.status === 401) session.dispatchEvent(new Event("ended"));
  throw problem;
}

/**
 * @param {string} path
 * @param {RequestInit} request
 */
async function fetched(path, request) {
  try {
    return await fetch(relative(path), request);
  } catch {
    const detail = "The server cannot be reached. Check the connection and try again.";
    throw new ApiProblem({ status: 0, title: "No connection", detail });
  }
}

/** @param {Response} answer */
async function problemOf(answer) {
  const etag = answer.headers.get("ETag");
  try {
    const problem = await answer.json();
    return new ApiProblem({ ...problem, status: answer.status, etag });
  } catch {
    return new ApiProblem({ status: answer.status, title: answer.statusText, etag });
  }
}
