/** Pointer, wheel and keys on the lanes: jumps to a second, and chooses the seconds that are in sight. */

const FACTOR = 2;
/** Share of what is in sight that an arrow key moves the time by. */
const KEY_SHARE = 1 / 40;
const LEAST_KEY_SECONDS = 0.1;

/**
 * @typedef {import("./recording_view.js").OpenRecording} OpenRecording
 * @typedef {import("./lanes_view.js").LanesView} LanesView
 */

/** Fires "view" when other seconds are in sight, and "point" when the pointer is at another second. */
export class LanesControls extends EventTarget {
  /** @type {number | null} seconds under the pointer */
  pointed = null;
  #board;
  #overview;
  #view;
  #recording;

  /**
   * @param {HTMLElement} board the lanes
   * @param {HTMLElement} overview everything, small
   * @param {LanesView} view
   * @param {OpenRecording} recording
   */
  constructor(board, overview, view, recording) {
    super();
    this.#board = board;
    this.#overview = overview;
    this.#view = view;
    this.#recording = recording;
    board.addEventListener("pointerdown", (event) => this.#pressed(event));
    board.addEventListener("pointermove", (event) => this.#moved(event));
    board.addEventListener("pointerleave", () => this.#point(null));
    board.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    board.addEventListener("keydown", (event) => this.#key(event));
    overview.addEventListener("pointerdown", (event) => this.#scroll(event));
    overview.addEventListener("pointermove", (event) => this.#scroll(event));
  }

  zoomIn() {
    this.#zoom(FACTOR);
  }

  zoomOut() {
    this.#zoom(1 / FACTOR);
  }

  showAll() {
    this.#zoom(0);
  }

  /** @param {number} factor 0 for the whole recording */
  #zoom(factor) {
    const { time } = this.#recording.player;
    const { start, span } = this.#view;
    const kept = this.#view.shows(time) ? time : start + span / 2;
    this.#view.zoom(factor, kept);
    this.#viewChanged();
  }

  #viewChanged() {
    this.dispatchEvent(new Event("view"));
  }

  /** @param {MouseEvent} event */
  #secondsAt(event) {
    const { left, width } = this.#board.getBoundingClientRect();
    const seconds = this.#view.secondsOf(event.clientX - left, width);
    return Math.min(Math.max(seconds, 0), this.#view.duration);
  }

  /** @param {PointerEvent} event */
  #pressed(event) {
    if (event.button !== 0) return;
    this.#board.setPointerCapture(event.pointerId);
    this.#seek(this.#secondsAt(event));
  }

  /**
   * Jumps to a second. Lanes that stay at the top of the window take the text along; others would be
   * scrolled away from under the pointer.
   *
   * @param {number} seconds
   */
  #seek(seconds) {
    const { player, reading } = this.#recording;
    if (this.#stays) player.seek(seconds);
    else reading.withoutScrolling(() => player.seek(seconds));
  }

  get #stays() {
    return getComputedStyle(this.#recording.slots.lanes).position === "sticky";
  }

  /** @param {PointerEvent} event */
  #moved(event) {
    const seconds = this.#secondsAt(event);
    if (this.#board.hasPointerCapture(event.pointerId)) this.#seek(seconds);
    this.#point(seconds);
  }

  /** @param {number | null} seconds */
  #point(seconds) {
    this.pointed = seconds;
    this.dispatchEvent(new Event("point"));
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.#view.zoom(2 ** (-event.deltaY / 200), this.#secondsAt(event));
    } else if (this.#view.isZoomed && sideways !== 0) {
      event.preventDefault();
      this.#view.move((sideways / this.#board.clientWidth) * this.#view.span);
    } else {
      return;
    }
    this.#viewChanged();
  }

  /** @param {PointerEvent} event */
  #scroll(event) {
    if ((event.buttons & 1) === 0) return;
    this.#overview.setPointerCapture(event.pointerId);
    const { left, width } = this.#overview.getBoundingClientRect();
    this.#view.center(((event.clientX - left) / width) * this.#view.duration);
    this.#viewChanged();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { player } = this.#recording;
    const { span, duration } = this.#view;
    const step = Math.max(span * KEY_SHARE, LEAST_KEY_SECONDS);
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => this.#seek(player.time - step),
      ArrowDown: () => this.#seek(player.time - step),
      ArrowRight: () => this.#seek(player.time + step),
      ArrowUp: () => this.#seek(player.time + step),
      PageDown: () => this.#seek(player.time - span / 2),
      PageUp: () => this.#seek(player.time + span / 2),
      Home: () => this.#seek(0),
      End: () => this.#seek(duration),
      "+": () => this.zoomIn(),
      "=": () => this.zoomIn(),
      "-": () => this.zoomOut(),
      0: () => this.showAll(),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }
}
