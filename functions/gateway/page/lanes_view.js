/** The seconds of a recording that its lanes show. */

/** The least that is shown: there are only ten peaks in a second. */
const LEAST_SECONDS = 5;
/** Share of the view that is left before the time when the page is turned. */
const BEFORE = 0.1;

export class LanesView {
  start = 0;

  /** @param {number} duration of the recording in seconds */
  constructor(duration) {
    this.duration = Math.max(duration, 0.1);
    this.span = this.duration;
  }

  get isZoomed() {
    return this.span < this.duration;
  }

  get canZoomIn() {
    return this.span > Math.min(LEAST_SECONDS, this.duration);
  }

  /** @param {number} duration */
  setDuration(duration) {
    const wasWhole = !this.isZoomed;
    this.duration = Math.max(duration, 0.1);
    if (wasWhole) this.span = this.duration;
    this.#place(this.start, this.span);
  }

  /** @param {number} time */
  shows(time) {
    return time >= this.start && time <= this.start + this.span;
  }

  /**
   * @param {number} time
   * @param {number} width in pixels
   */
  pixelOf(time, width) {
    return ((time - this.start) / this.span) * width;
  }

  /**
   * @param {number} pixel
   * @param {number} width
   */
  secondsOf(pixel, width) {
    return this.start + (pixel / width) * this.span;
  }

  /**
   * @param {number} factor 2 shows half as much; 0 shows everything
   * @param {number} kept the second that stays where it is
   */
  zoom(factor, kept) {
    const span = factor === 0 ? this.duration : this.span / factor;
    const least = Math.min(LEAST_SECONDS, this.duration);
    const bounded = Math.min(Math.max(span, least), this.duration);
    const share = (kept - this.start) / this.span;
    this.#place(kept - share * bounded, bounded);
  }

  /** @param {number} seconds later, or earlier if negative */
  move(seconds) {
    this.#place(this.start + seconds, this.span);
  }

  /** @param {number} time */
  center(time) {
    this.#place(time - this.span / 2, this.span);
  }

  /** @param {number} time that is shown near the beginning */
  turnTo(time) {
    this.#place(time - BEFORE * this.span, this.span);
  }

  /**
   * @param {number} start
   * @param {number} span
   */
  #place(start, span) {
    this.span = span;
    this.start = Math.min(Math.max(start, 0), this.duration - span);
  }
}
