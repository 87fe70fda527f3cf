// Keeps the jobs of a list current with few connections: a browser has six to a host in HTTP/1.1.

import { jobEvents } from "./api.js";
import { isUnfinished } from "./job_row.js";

/** Jobs that are followed at the same time. */
const STREAMS = 2;
/** Milliseconds between two looks at the list while a job is not finished, and otherwise. */
const SOON = 15_000;
const LATER = 60_000;

/** @typedef {import("./job_row.js").JobRow} JobRow */

/**
 * Follows the first unfinished rows by server-sent events, and looks at the list now and then for the
 * others. Does nothing while the page is hidden.
 */
export class LiveJobs {
  /** @type {Map<string, () => void>} what ends the stream of a job */
  #streams = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #rows;
  #look;
  #onChange;
  #isClosed = false;

  /**
   * @param {() => JobRow[]} rows in the order of the list
   * @param {() => Promise<void>} look brings the list up to date
   * @param {(row: JobRow) => void} onChange is called when a row's state has changed
   */
  constructor(rows, look, onChange) {
    this.#rows = rows;
    this.#look = look;
    this.#onChange = onChange;
    document.addEventListener("visibilitychange", this.#onVisibility);
    this.refresh();
  }

  close() {
    this.#isClosed = true;
    document.removeEventListener("visibilitychange", this.#onVisibility);
    this.#pause();
  }

  /** Follows what is to be followed now. */
  refresh() {
    if (this.#isClosed || document.hidden) return;
    const unfinished = this.#rows().filter(({ job }) => isUnfinished(job));
    const running = unfinished.filter(({ job }) => job.state === "running").reverse();
    const queued = unfinished.filter(({ job }) => job.state === "queued").reverse();
    const chosen = [...running, ...queued].slice(0, STREAMS); // the oldest ones run first
    const ids = new Set(chosen.map(({ job }) => job.id));
    for (const [id, end] of this.#streams) {
      if (ids.has(id)) continue;
      end();
      this.#streams.delete(id);
    }
    for (const row of chosen) {
      if (!this.#streams.has(row.job.id)) this.#streams.set(row.job.id, this.#follow(row));
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#lookNow(), unfinished.length > 0 ? SOON : LATER);
  }

  /** @param {JobRow} row */
  #follow(row) {
    const { id } = row.job;
    const show = (/** @type {any} */ view) => {
      if (!row.update(view)) return;
      if (!isUnfinished(row.job)) this.#streams.delete(id);
      this.#onChange(row);
      this.refresh();
    };
    return jobEvents(id, { state: show, progress: show, done: show, failed: show, cancelled: show });
  }

  async #lookNow() {
    await this.#look();
    this.refresh();
  }

  #onVisibility = () => {
    if (document.hidden) this.#pause();
    else this.#lookNow();
  };

  #pause() {
    clearTimeout(this.#timer);
    for (const end of this.#streams.values()) end();
    this.#streams.clear();
  }
}
