// The key as which the page is logged in, and what it may do.

import { ApiProblem, getJson, send } from "./api.js";

/**
 * @typedef {object} Account
 * @property {string} id "" if the page is not logged in
 * @property {string} name
 * @property {string} prefix first characters of the key
 * @property {string[]} scopes
 * @property {string} folder
 * @property {string | null} expires
 */

/** @type {Account} */
const NOT_LOGGED_IN = { id: "", name: "", prefix: "", scopes: [], folder: "", expires: null };

let current = NOT_LOGGED_IN;

export function account() {
  return current;
}

/** @param {string} scope such as "write" */
export function may(scope) {
  return current.scopes.includes(scope);
}

/** Asks as which key the page is logged in. Returns false if it is not. */
export async function loadAccount() {
  try {
    current = await getJson("api/v1/keys/me");
    return true;
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) return false;
    throw error;
  }
}

/**
 * Exchanges a key, or a code for one login, for a session's cookie, which no script can read.
 * @param {{key: string} | {code: string}} secret
 */
export async function logIn(secret) {
  const { body } = await send("POST", "api/v1/login", secret);
  current = body;
}

/** Ends the session. What is refused meanwhile is not refused to somebody who is logged in. */
export async function logOut() {
  const former = current;
  current = NOT_LOGGED_IN;
  try {
    await send("POST", "api/v1/logout");
  } catch (error) {
    current = former;
    throw error;
  }
}
