// Uploads files straight to the storage, in parts, and goes on after an interruption.
//
// The gateway gives out an address of Cloud Storage's resumable uploads. The storage may not let the
// page see how much of a part has arrived; it ignores bytes that it has already, so a part that broke
// off is sent again from its begin.

import { ApiProblem, relative, send } from "./api.js";

/** Bytes of a part: a multiple of 256 KiB, as the storage wants it. */
const PART = 8 * 1024 * 1024;
/** Uploads that run at the same time. */
const AT_ONCE = 2;
/** Seconds until the first attempt after an interruption; they double up to the last. */
const FIRST_PAUSE = 1;
const LAST_PAUSE = 30;
/** Statuses after which the same part is sent again. */
const REPEATED = new Set([0, 408, 429, 500, 502, 503, 504]);

/** @typedef {"waiting" | "uploading" | "paused" | "done" | "failed" | "cancelled"} UploadState */

/**
 * One file on its way. Fires "change" whenever a field has changed.
 */
export class Upload extends EventTarget {
  /** @type {UploadState} */
  state = "waiting";
  /** Bytes that have arrived. */
  sent = 0;
  /** @type {ApiProblem | null} why it failed */
  problem = null;
  /** @type {any} its job, once it is done */
  job = null;
  replaces = false;
  #stop = new AbortController();
  #key = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  #begun = 0;

  /**
   * @param {File} file
   * @param {string} name in the inbox
   * @param {Record<string, unknown>} options
   */
  constructor(file, name, options) {
    super();
    this.file = file;
    this.name = name;
    this.options = options;
  }

  get size() {
    return this.file.size;
  }

  /** Returns about how many seconds it will take, or null while that is not known. */
  get secondsLeft() {
    const seconds = (Date.now() - this.#begun) / 1000;
    if (this.state !== "uploading" || seconds < 2 || this.sent === 0) return null;
    return ((this.size - this.sent) / this.sent) * seconds;
  }

  cancel() {
    this.#stop.abort();
    this.#change("cancelled");
  }

  /** Begins anew after a failure. @param {{name?: string, replaces?: boolean}} [changed] */
  retry({ name = this.name, replaces = this.replaces } = {}) {
    this.name = name;
    this.replaces = replaces;
    this.problem = null;
    this.sent = 0;
    this.#key = `${this.#key}-`;
    this.#stop = new AbortController();
    this.#change("waiting");
    uploads.start();
  }

  async run() {
    this.#begun = Date.now();
    this.#change("uploading");
    try {
      this.job = await this.#uploaded();
      this.sent = this.size;
      this.#change("done");
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.problem = error instanceof ApiProblem ? error : new ApiProblem({ status: 0, title: String(error) });
      this.#change("failed");
    }
  }

  async #uploaded() {
    try {
      const begun = await this.#begin();
      if (begun.id && begun.state) return begun; // it is the job of the same upload
      await this.#sendParts(begun);
      return await this.#persistently(() => jobOf(begun.upload_status));
    } catch (error) {
      const isOutOfReach = error instanceof ApiProblem && error.type === "storage-out-of-reach";
      if (!isOutOfReach) throw error;
      return this.#sendForm();
    }
  }

  async #begin() {
    const asked = {
      name: this.name,
      size: this.size,
      content_type: this.file.type || "application/octet-stream",
      options: this.options,
      replace: this.replaces,
    };
    const headers = { "Idempotency-Key": this.#key };
    const { body } = await this.#persistently(() => send("POST", "api/v1/uploads", asked, headers));
    return body;
  }

  /** @param {{upload_url: string, headers: Record<string, string>}} begun */
  async #sendParts({ upload_url: address, headers }) {
    let position = 0;
    while (position < this.size) {
      const from = position;
      const to = Math.min(from + PART, this.size);
      const range = `bytes ${from}-${to - 1}/${this.size}`;
      const part = this.file.slice(from, to);
      const answer = await this.#persistently(() =>
        this.#put(address, part, { ...headers, "Content-Range": range }, from));
      if (answer.status !== 308) return;
      position = arrived(answer, to);
    }
  }

  /** @param {string} address @param {Blob} body @param {Record<string, string>} headers @param {number} from */
  #put(address, body, headers, from) {
    return transfer("PUT", address, body, headers, this.#stop.signal, (bytes) => this.#progress(from + bytes));
  }

  /** Uploads by a form in one request, which cannot be gone on with. */
  async #sendForm() {
    const form = new FormData();
    form.set("name", this.name);
    form.set("replace", String(this.replaces));
    for (const [name, value] of Object.entries(this.options)) {
      form.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
    form.set("file", this.file, this.file.name);
    const address = relative("api/v1/jobs/upload");
    const headers = { "Idempotency-Key": this.#key };
    const answer = await this.#persistently(() =>
      transfer("POST", address, form, headers, this.#stop.signal, (bytes) => this.#progress(bytes)));
    return JSON.parse(answer.text);
  }

  /**
   * Repeats what fails for a reason that may pass, until it succeeds.
   * @template T
   * @param {() => Promise<T>} attempt
   * @returns {Promise<T>}
   */
  async #persistently(attempt) {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LAST_PAUSE)) {
      try {
        const result = await attempt();
        if (this.state === "paused") this.#change("uploading");
        return result;
      } catch (error) {
        const mayPass = error instanceof ApiProblem && REPEATED.has(error.status);
        if (this.#stop.signal.aborted || !mayPass) throw error;
      }
      this.#change("paused");
      await online(pause * 1000, this.#stop.signal);
      this.#stop.signal.throwIfAborted();
    }
  }

  /** @param {number} bytes */
  #progress(bytes) {
    this.sent = Math.max(this.sent, Math.min(bytes, this.size));
    this.#change("uploading");
  }

  /** @param {UploadState} state */
  #change(state) {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * The uploads of this page. Fires "added" with the new ones, and "done" with one whose job is there.
 */
class Uploads extends EventTarget {
  /** @type {Upload[]} */
  all = [];
  #running = 0;

  get isBusy() {
    return this.all.some(({ state }) => ["waiting", "uploading", "paused"].includes(state));
  }

  /** @param {Upload[]} added */
  add(added) {
    this.all.push(...added);
    this.dispatchEvent(new Event("added"));
    this.start();
  }

  /** @param {Upload} upload */
  remove(upload) {
    this.all = this.all.filter((each) => each !== upload);
  }

  async start() {
    const next = this.all.find(({ state }) => state === "waiting");
    if (next === undefined || this.#running >= AT_ONCE) return;
    this.#running += 1;
    const ended = next.run();
    this.start();
    await ended;
    this.#running -= 1;
    if (next.state === "done") this.dispatchEvent(new CustomEvent("done", { detail: next }));
    this.start();
  }
}

export const uploads = new Uploads();

window.addEventListener("beforeunload", (event) => {
  if (uploads.isBusy) event.preventDefault(); // the browser asks whether to leave
});

/** Returns the job of an upload that has all its bytes. @param {string} path */
async function jobOf(path) {
  const { body } = await send("GET", path);
  const isOpen = body.state === "open";
  if (isOpen) throw new ApiProblem({ status: 503, title: "The recording is not in the inbox yet." });
  return body;
}

/**
 * Returns how many bytes have arrived, as far as the storage lets the page see it.
 * @param {{range: string | null}} answer
 * @param {number} to
 */
function arrived({ range }, to) {
  const last = /-(\d+)$/.exec(range ?? "")?.[1];
  return last === undefined ? to : Number(last) + 1;
}

/**
 * Sends a body, and says meanwhile how much of it is sent, as `fetch` does not.
 * @param {string} method
 * @param {string} address
 * @param {Blob | FormData} body
 * @param {Record<string, string>} headers
 * @param {AbortSignal} signal
 * @param {(bytes: number) => void} onProgress
 * @returns {Promise<{status: number, range: string | null, text: string}>}
 */
function transfer(method, address, body, headers, signal, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    const fail = () => reject(problemOf(request));
    const abort = () => request.abort();
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onerror = fail;
    request.onabort = fail;
    request.onload = () => {
      const { status, responseText: text } = request;
      const isFine = (status >= 200 && status < 300) || status === 308;
      if (!isFine) return fail();
      resolve({ status, text, range: seenHeader(request, "Range") });
    };
    request.onloadend = () => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    request.send(body);
  });
}

/** Returns a header, or null if the storage does not let the page see it. @param {XMLHttpRequest} request @param {string} name */
function seenHeader(request, name) {
  const isSeen = request.getAllResponseHeaders().toLowerCase().includes(`${name.toLowerCase()}:`);
  return isSeen ? request.getResponseHeader(name) : null;
}

/** @param {XMLHttpRequest} request */
function problemOf({ status, statusText, responseText }) {
  try {
    return new ApiProblem({ ...JSON.parse(responseText), status });
  } catch {
    return new ApiProblem({ status, title: statusText || "The storage cannot be reached." });
  }
}

/**
 * Waits so many milliseconds, less if the network comes back, and longer while there is none.
 * @param {number} milliseconds
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function online(milliseconds, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(() => { if (navigator.onLine) done(); }, milliseconds);
    window.addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}
