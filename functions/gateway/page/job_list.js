// Reads the list of jobs page by page, filtered by state and by what their names contain.

import { getJson } from "./api.js";

/** Jobs that are shown at once. */
const SHOWN = 50;
/** Jobs of a page when all pages are searched for a name, and pages that are searched at once. */
const SEARCHED = 200;
const PAGES = 10;

/**
 * @typedef {object} Wanted
 * @property {string} state "" for all
 * @property {string} text what names contain, in any case; "" for all
 */

/**
 * Returns jobs from a cursor on, the newest first, and the cursor of the rest, null at the end. Of a
 * search that finds little it searches only so many pages, so that it answers soon.
 * @param {Wanted} wanted
 * @param {string | null} cursor
 */
export async function readJobs(wanted, cursor) {
  const found = [];
  for (let page = 0; page < PAGES; page += 1) {
    const { jobs, next_cursor } = await getJson(address(wanted, cursor));
    found.push(...jobs.filter((/** @type {any} */ job) => isMeant(job, wanted)));
    cursor = next_cursor;
    if (cursor === null || found.length >= SHOWN) break;
  }
  return { jobs: found, cursor };
}

/** @param {Wanted} wanted @param {string | null} cursor */
function address({ state, text }, cursor) {
  const query = new URLSearchParams({ limit: String(text ? SEARCHED : SHOWN) });
  if (state) query.set("state", state);
  if (cursor) query.set("cursor", cursor);
  return `api/v1/jobs?${query}`;
}

/** @param {any} job @param {Wanted} wanted */
export function isMeant(job, { state, text }) {
  const hasState = state === "" ? job.state !== "erased" : job.state === state;
  return hasState && job.name.toLocaleLowerCase().includes(text.toLocaleLowerCase());
}
