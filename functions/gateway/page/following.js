/** Whether the text follows the sound. It stops when someone scrolls. */

const SCROLL_KEYS = new Set(["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"]);
/**
 * Where the lit word stays, and where it is brought: shares of the window's height below what stays
 * at its top.
 */
const HIGHEST = 0.07;
const LOWEST = 0.74;
const WANTED = 0.2;

/** Fires "change". */
export class Following extends EventTarget {
  #isOn = true;
  #stop = new AbortController();

  constructor() {
    super();
    const options = { passive: true, signal: this.#stop.signal };
    window.addEventListener("wheel", (event) => event.ctrlKey || this.set(false), options);
    window.addEventListener("touchmove", () => this.set(false), options);
    window.addEventListener("keydown", (event) => this.#keyPressed(event), options);
    window.addEventListener("pointerdown", (event) => this.#pressed(event), options);
  }

  get isOn() {
    return this.#isOn;
  }

  /** @param {boolean} isOn */
  set(isOn) {
    if (this.#isOn === isOn) return;
    this.#isOn = isOn;
    this.dispatchEvent(new Event("change"));
  }

  close() {
    this.#stop.abort();
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const isInField = target.closest("input, select, textarea, dialog") !== null;
    if (SCROLL_KEYS.has(event.key) && !isInField) this.set(false);
  }

  /** @param {PointerEvent} event */
  #pressed(event) {
    const isScrollbar = event.target === document.documentElement;
    if (isScrollbar) this.set(false);
  }
}

/**
 * Scrolls so that the element is well inside the window, if it is not.
 *
 * @param {HTMLElement} shown
 */
export function keepInSight(shown) {
  const { top } = shown.getBoundingClientRect();
  const height = window.innerHeight;
  if (top >= placeAt(HIGHEST) && top <= placeAt(LOWEST)) return;
  const distance = top - wantedPlace();
  const isFar = Math.abs(distance) > height;
  const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  window.scrollBy({ top: distance, behavior: isFar || isCalm ? "instant" : "smooth" });
}

/** @returns {number} where a place that is jumped to comes to be, from the top of the window */
export function wantedPlace() {
  return placeAt(WANTED);
}

/** @param {number} share */
function placeAt(share) {
  const top = clearTop();
  return top + (window.innerHeight - top) * share;
}

/** @returns {number} where the window begins below what stays at its top */
function clearTop() {
  const tools = document.querySelector(".text-tools");
  if (!(tools instanceof HTMLElement)) return 0;
  const { position, top } = getComputedStyle(tools);
  return position === "sticky" ? Number.parseFloat(top) + tools.offsetHeight : 0;
}
