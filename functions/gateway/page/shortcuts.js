/** Keys that work wherever the focus is, but in fields. */

import { element, openDialog } from "./elements.js";
import { SKIP_SECONDS } from "./player.js";
import { RATES } from "./player_bar.js";
import { prefer, preference } from "./preferences.js";

const LIST = [
  ["Space or K", "play, pause"],
  ["J, L", `${SKIP_SECONDS} seconds back, forward`],
  ["←, →", "the same; inside a paragraph: the word before, after"],
  ["↑, ↓", "inside the text: the paragraph before, after"],
  ["Tab", "to the next paragraph"],
  ["Enter", "play from the word; while editing: correct it"],
  ["E, double click", "correct the word"],
  ["Ctrl Z, Ctrl Y", "undo, redo a correction"],
  ["<, >", "slower, faster"],
  ["/ or Ctrl F", "find in the text"],
  ["Esc", "end finding"],
];

/**
 * @param {import("./player.js").Player} player
 * @param {import("./find.js").Find} find
 * @param {AbortSignal} signal ends it
 */
export function listenToKeys(player, find, signal) {
  /** @type {Record<string, () => void>} */
  const actions = {
    " ": () => player.toggle(),
    k: () => player.toggle(),
    j: () => player.skip(-SKIP_SECONDS),
    l: () => player.skip(SKIP_SECONDS),
    ArrowLeft: () => player.skip(-SKIP_SECONDS),
    ArrowRight: () => player.skip(SKIP_SECONDS),
    "<": () => changeRate(player, -1),
    ">": () => changeRate(player, 1),
    "/": () => find.open(),
    "?": () => showKeys(),
  };
  const pressed = (/** @type {KeyboardEvent} */ event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    if (isFindKey(event) && !find.bar.contains(document.activeElement)) {
      event.preventDefault();
      find.open();
      return;
    }
    const action = actions[event.key] ?? actions[event.key.toLowerCase()];
    if (action === undefined || !isFree(event)) return;
    event.preventDefault();
    action();
  };
  document.addEventListener("keydown", pressed, { signal });
}

/** @param {KeyboardEvent} event */
function isFindKey(event) {
  return (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "f";
}

/**
 * @param {KeyboardEvent} event
 * @returns {boolean} whether the element with the focus has no use for the key
 */
function isFree(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.isContentEditable || target.closest("input:not([type=checkbox]), textarea, select")) return false;
  if (event.key === " " && target.closest("button, summary, a, input")) return false;
  const isSingle = event.key.length === 1 && event.key !== " ";
  return !isSingle || preference("keys", "on") === "on";
}

/**
 * @param {import("./player.js").Player} player
 * @param {number} step
 */
function changeRate(player, step) {
  const index = RATES.indexOf(player.rate) + step;
  const rate = RATES[Math.min(Math.max(index, 0), RATES.length - 1)];
  player.rate = rate;
  prefer("rate", String(rate));
}

/** Shows what the keys do, and a switch for those that are single letters and signs. */
export function showKeys() {
  const rows = LIST.flatMap(([keys, meaning]) => [
    element("dt", { text: keys }),
    element("dd", { text: meaning }),
  ]);
  const box = element("input", { attributes: { type: "checkbox", role: "switch" } });
  box.checked = preference("keys", "on") === "on";
  box.addEventListener("change", () => prefer("keys", box.checked ? "on" : "off"));
  const choice = element("label", { class: "choice" }, [box, "Keys of a single letter or sign"]);
  openDialog("Keys", [element("dl", { class: "keys" }, rows), choice]);
}
