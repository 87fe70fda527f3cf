/** Why a recording cannot be heard, in words. */

import { relative } from "./api.js";

const READABLE = "The text can be read without it.";

/**
 * @param {string | null} path of the sound; null if it was deleted
 * @returns {Promise<string>}
 */
export async function whySilent(path) {
  if (path === null) return `The recording was deleted after it was transcribed. ${READABLE}`;
  try {
    const answer = await fetch(relative(path), { headers: { Range: "bytes=0-0" } });
    if (answer.ok) return cannotPlay(answer.headers.get("Content-Type"));
    const problem = await answer.json();
    const detail = problem.detail ? ` ${problem.detail}` : "";
    return `${problem.title}${detail} ${READABLE}`;
  } catch {
    return `The recording cannot be fetched: the server cannot be reached. ${READABLE}`;
  }
}

/** @param {string | null} type */
function cannotPlay(type) {
  const kind = type && type !== "application/octet-stream" ? ` (${type})` : "";
  return `This browser cannot play this kind of recording${kind}. ${READABLE}`;
}
