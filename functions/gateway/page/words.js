// Sizes, times and states as people read them.

/** @param {number | null | undefined} bytes @returns {string} such as "52 MB"; empty if it is not known */
export function sizeText(bytes) {
  if (bytes === null || bytes === undefined) return "";
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  const digits = value < 10 && unit > 1 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** @param {string} time @returns {string} such as "Today", "Friday, 27 November" */
export function dayText(time) {
  const day = new Date(time);
  const today = new Date();
  const yesterday = new Date(today.getTime() - 24 * 3600 * 1000);
  if (day.toDateString() === today.toDateString()) return "Today";
  if (day.toDateString() === yesterday.toDateString()) return "Yesterday";
  const isThisYear = day.getFullYear() === today.getFullYear();
  const year = isThisYear ? undefined : /** @type {const} */ ("numeric");
  return day.toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long", year });
}

/** @param {string} time @returns {string} such as "14:05" */
export function hourText(time) {
  return new Date(time).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** @param {string | null} time @returns {string} such as "27 November 2026, 14:05"; empty for null */
export function momentText(time) {
  if (time === null) return "";
  const date = new Date(time).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
  return `${date}, ${hourText(time)}`;
}

/** What a job's state means, in words. */
export const STATES = {
  queued: "Waiting",
  running: "Being transcribed",
  done: "Done",
  failed: "Failed",
  cancelled: "Cancelled",
  erased: "Erased",
};

/** @param {string} state @returns {string} */
export function stateText(state) {
  return STATES[/** @type {keyof STATES} */ (state)] ?? state;
}

/** @param {string} name of a recording @returns {[string, string]} its folder, with "/" at the end, and its file */
export function parted(name) {
  const cut = name.lastIndexOf("/") + 1;
  return [name.slice(0, cut), name.slice(cut) || name];
}
