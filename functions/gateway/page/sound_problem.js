/** From where a recording can be heard, and why it cannot be, in words. */

import { relative } from "./api.js";

const READABLE = "The text can be read without it.";
/**
 * Types of codecs that many browsers lack, by their names in transcript.json. Without them a browser
 * may play a video without its sound, and say nothing.
 */
const TYPES = {
  ac3: 'audio/mp4; codecs="ac-3"',
  alac: 'audio/mp4; codecs="alac"',
  amr_nb: 'audio/3gpp; codecs="samr"',
  amr_wb: 'audio/3gpp; codecs="sawb"',
  dts: 'audio/mp4; codecs="dtsc"',
  eac3: 'audio/mp4; codecs="ec-3"',
  mp2: 'audio/mpeg; codecs="mp2"',
  wmav2: 'audio/x-ms-wma; codecs="wma2"',
};

/**
 * @param {HTMLAudioElement} audio
 * @param {string | null} path of the recording's sound; null if it was deleted
 * @param {string | undefined} codec of the recording, as transcript.json names it
 * @returns {string[]} addresses of the sound, the best one first
 */
export function soundAddresses(audio, path, codec) {
  if (path === null) return [];
  const type = TYPES[/** @type {keyof TYPES} */ (codec)];
  const isUnplayable = type !== undefined && audio.canPlayType(type) === "";
  return isUnplayable ? [copyOf(path)] : [path, copyOf(path)];
}

/** @param {string} path @returns {string} address of the sound that was transcribed */
function copyOf(path) {
  return `${path}?format=wav`;
}

/**
 * @param {string | null} path of the sound; null if it was deleted
 * @returns {Promise<{reason: string, mayComeBack: boolean}>} mayComeBack: another try may succeed
 */
export async function whySilent(path) {
  const deleted = `The recording was deleted after it was transcribed. ${READABLE}`;
  if (path === null) return { reason: deleted, mayComeBack: false };
  try {
    const answer = await begin(path);
    if (answer.ok) {
      const reason = await cannotPlay(answer.headers.get("Content-Type"), path);
      return { reason, mayComeBack: false };
    }
    const problem = await answer.json();
    const detail = problem.detail ? ` ${problem.detail}` : "";
    const mayComeBack = answer.status === 401 || answer.status === 429 || answer.status >= 500;
    return { reason: `${problem.title}${detail} ${READABLE}`, mayComeBack };
  } catch {
    const reason = `The recording cannot be fetched: the server cannot be reached. ${READABLE}`;
    return { reason, mayComeBack: true };
  }
}

/** @param {string} path */
function begin(path) {
  return fetch(relative(path), { headers: { Range: "bytes=0-0" } });
}

/**
 * @param {string | null} type
 * @param {string} path
 */
async function cannotPlay(type, path) {
  const kind = type && type !== "application/octet-stream" ? ` (${type})` : "";
  const copy = await begin(copyOf(path));
  const kept = copy.status === 410 ? " A copy that it can play was kept for some days only." : "";
  return `This browser cannot play this kind of recording${kind}.${kept} ${READABLE}`;
}
