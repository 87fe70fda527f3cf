/** Plays a part of the sound, and stops at its end. */

/** Seconds before and after the part that are played, too. */
const AROUND = 0.4;

/** @type {AbortController | null} */
let current = null;

/**
 * @param {import("./player.js").Player} player
 * @param {number} start
 * @param {number} end
 */
export function listenTo(player, start, end) {
  current?.abort();
  const listening = new AbortController();
  current = listening;
  const { signal } = listening;
  player.seek(start - AROUND);
  const stop = () => {
    if (player.time < end + AROUND) return;
    player.pause();
    listening.abort();
  };
  player.addEventListener("time", stop, { signal });
  player.addEventListener("seek", () => listening.abort(), { signal });
  player.play();
}
