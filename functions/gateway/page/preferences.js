// What someone likes, which the browser remembers. Nothing of a recording is among it.

const PREFIX = "dropscribe-";

/**
 * @param {string} name
 * @param {string} otherwise if nothing is remembered
 */
export function preference(name, otherwise) {
  try {
    return localStorage.getItem(PREFIX + name) ?? otherwise;
  } catch {
    return otherwise; // storage is forbidden
  }
}

/** @param {string} name @param {string} value */
export function prefer(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Storage is forbidden or full: the choice holds until the page is left.
  }
}
