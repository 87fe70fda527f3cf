/** Whether the text follows the sound. It stops when someone scrolls. */

const SCROLL_KEYS = new Set(["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"]);
/** The part of the window's height in which the lit word stays, and where it is brought. */
const HIGHEST = 0.14;
const LOWEST = 0.76;
const WANTED = 0.28;

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
  if (top >= height * HIGHEST && top <= height * LOWEST) return;
  const distance = top - height * WANTED;
  const isFar = Math.abs(distance) > height;
  const isCalm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  window.scrollBy({ top: distance, behavior: isFar || isCalm ? "instant" : "smooth" });
}

/** @returns {number} where a place that is jumped to comes to be, from the top of the window */
export function wantedPlace() {
  return window.innerHeight * WANTED;
}
