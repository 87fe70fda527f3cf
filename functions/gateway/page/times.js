/** Times as people read them. */

/**
 * @param {number} seconds
 * @returns {string} such as "0:07", "12:34", "1:02:03"
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  if (hours === 0) return `${minutes}:${rest}`;
  return `${hours}:${String(minutes).padStart(2, "0")}:${rest}`;
}

/**
 * @param {number} seconds
 * @returns {string} such as "7 seconds", "12 minutes 34 seconds", "1 hour 2 minutes"
 */
export function spokenTime(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const parts = [
    [hours, "hour"],
    [Math.floor(whole / 60) % 60, "minute"],
    [hours > 0 ? 0 : whole % 60, "second"],
  ];
  const named = parts.filter(([count]) => Number(count) > 0);
  if (named.length === 0) return "0 seconds";
  return named.map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`).join(" ");
}

/**
 * @param {string} hash of an address, such as "#t=73.2"
 * @returns {number | null} its seconds
 */
export function secondsOfHash(hash) {
  const match = /^#t=(\d+(?:\.\d+)?)$/.exec(hash);
  return match ? Number(match[1]) : null;
}

/**
 * @param {number} seconds
 * @returns {string} such as "#t=73.2"
 */
export function hashOfSeconds(seconds) {
  return `#t=${Math.round(seconds * 10) / 10}`;
}
