/**
 * A long list of which only what is near the screen is drawn. The window scrolls it.
 *
 * Heights that are not measured yet are estimated. When a height turns out different, the window is
 * scrolled by the difference, so that what is read stays in its place. Lengths are in pixels.
 */

/** Drawn above and below the screen. */
const MARGIN = 700;
/** Height that is estimated for an item without text, and per character of its text. */
const EMPTY_HEIGHT = 40;
const HEIGHT_PER_CHARACTER = 0.42;

/**
 * @typedef {object} Item
 * @property {string} key stays the same while the item is the same
 * @property {number} length of its text, in characters
 */

export class ParagraphList {
  #root;
  #draw;
  /** @type {Item[]} */
  #items = [];
  /** @type {Map<string, number>} heights by key */
  #measured = new Map();
  /** Tops of the items, and the end of the last one. */
  #tops = new Float64Array(1);
  /** @type {Map<number, HTMLElement>} by index */
  #drawn = new Map();
  #scale = 1;
  #isCalibrated = false;
  #width = 0;
  #frame = 0;
  #isWhole = false;
  #stop = new AbortController();

  /**
   * @param {HTMLElement} root
   * @param {(index: number) => HTMLElement} draw makes the element of an item
   */
  constructor(root, draw) {
    this.#root = root;
    this.#draw = draw;
    const { signal } = this.#stop;
    window.addEventListener("scroll", () => this.#schedule(), { passive: true, signal });
    window.addEventListener("resize", () => this.#schedule(), { signal });
    this.sizes = new ResizeObserver(() => this.#resized());
    this.sizes.observe(root);
  }

  close() {
    this.#stop.abort();
    this.sizes.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  /** @param {Item[]} items replace all items; those with the key of a former one keep its height */
  setItems(items) {
    this.#items = items;
    this.#isCalibrated = false;
    this.#clear();
    this.#layOut();
    this.update();
  }

  /**
   * @param {number} index
   * @returns {HTMLElement | undefined} the item's element, if it is drawn
   */
  elementAt(index) {
    return this.#drawn.get(index);
  }

  /** @returns {Iterable<[number, HTMLElement]>} the drawn items, by index */
  get drawn() {
    return this.#drawn;
  }

  /**
   * Draws an item that may be far away, and scrolls to it at once.
   *
   * @param {number} index
   * @param {number} place where its top comes to be, from the top of the window
   * @returns {HTMLElement}
   */
  bring(index, place) {
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const top = this.#origin() + this.#tops[index];
      if (Math.abs(top - place) < 1 && this.#drawn.has(index)) break;
      window.scrollBy({ top: top - place, behavior: "instant" });
      this.update();
    }
    return this.#drawn.get(index) ?? this.#add(index);
  }

  /** Draws what is near the screen and takes away what is not. */
  update() {
    if (this.#items.length === 0 || this.#isWhole) return;
    this.#forgetOldWidth();
    const top = -this.#origin();
    const first = this.#indexAt(top - MARGIN);
    const last = this.#indexAt(top + window.innerHeight + MARGIN);
    this.#removeOutside(first, last);
    const added = [];
    for (let index = first; index <= last; index += 1) {
      if (this.#drawn.has(index)) continue;
      this.#add(index);
      added.push(index);
    }
    if (added.length > 0) this.#measure();
  }

  /**
   * Draws all items one below the other, as printing needs, or goes back.
   *
   * @param {boolean} isWhole
   */
  setWhole(isWhole) {
    this.#isWhole = isWhole;
    this.#root.classList.toggle("whole", isWhole);
    if (isWhole) {
      for (const index of this.#items.keys()) {
        if (!this.#drawn.has(index)) this.#add(index);
      }
      return;
    }
    this.#clear();
    this.update();
  }

  #schedule() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.update());
  }

  #resized() {
    if (this.#isWhole) return;
    this.#forgetOldWidth();
    this.#measure();
  }

  /** @returns {number} where the list begins, from the top of the window */
  #origin() {
    return this.#root.getBoundingClientRect().top;
  }

  #forgetOldWidth() {
    const width = this.#root.clientWidth;
    if (width === this.#width) return;
    this.#width = width;
    this.#measured.clear();
    this.#isCalibrated = false;
    if (this.#drawn.size > 0) this.#measure();
  }

  #clear() {
    for (const drawn of this.#drawn.values()) {
      this.sizes.unobserve(drawn);
      drawn.remove();
    }
    this.#drawn.clear();
  }

  /**
   * @param {number} first
   * @param {number} last
   */
  #removeOutside(first, last) {
    for (const [index, drawn] of this.#drawn) {
      if (index >= first && index <= last) continue;
      if (drawn.contains(document.activeElement)) continue; // so that the focus is not lost
      this.sizes.unobserve(drawn);
      drawn.remove();
      this.#drawn.delete(index);
    }
  }

  /**
   * @param {number} index
   * @returns {HTMLElement}
   */
  #add(index) {
    const drawn = this.#draw(index);
    drawn.style.top = `${this.#tops[index]}px`;
    this.#root.insertBefore(drawn, this.#nextDrawn(index));
    this.#drawn.set(index, drawn);
    this.sizes.observe(drawn);
    return drawn;
  }

  /**
   * @param {number} index
   * @returns {HTMLElement | null} the first drawn element of a later item
   */
  #nextDrawn(index) {
    const next = this.#drawn.get(index + 1);
    if (next !== undefined) return next;
    let best = Infinity;
    for (const each of this.#drawn.keys()) {
      if (each > index && each < best) best = each;
    }
    return this.#drawn.get(best) ?? null;
  }

  /** Measures the drawn items, and keeps the first one on the screen where it is. */
  #measure() {
    const heights = [...this.#drawn].map(([index, drawn]) => [index, drawn.offsetHeight]);
    let isChanged = !this.#isCalibrated;
    for (const [index, height] of heights) {
      const { key } = this.#items[index];
      if (height === 0 || this.#measured.get(key) === height) continue;
      this.#measured.set(key, height);
      isChanged = true;
    }
    if (!isChanged) return;
    this.#calibrate(heights);
    const anchor = this.#indexAt(-this.#origin());
    const before = this.#tops[anchor];
    this.#layOut();
    for (const [index, drawn] of this.#drawn) drawn.style.top = `${this.#tops[index]}px`;
    const shift = this.#tops[anchor] - before;
    const isAbove = this.#origin() < 0;
    if (shift !== 0 && isAbove) window.scrollBy({ top: shift, behavior: "instant" });
  }

  /** @param {number[][]} heights by index */
  #calibrate(heights) {
    if (this.#isCalibrated || heights.length === 0) return;
    let estimated = 0;
    let measured = 0;
    for (const [index, height] of heights) {
      estimated += estimatedHeight(this.#items[index]);
      measured += height;
    }
    if (measured === 0) return;
    this.#scale = measured / estimated;
    this.#isCalibrated = true;
  }

  #layOut() {
    const tops = new Float64Array(this.#items.length + 1);
    for (const [index, item] of this.#items.entries()) {
      const height = this.#measured.get(item.key) ?? estimatedHeight(item) * this.#scale;
      tops[index + 1] = tops[index] + height;
    }
    this.#tops = tops;
    this.#root.style.height = `${tops[tops.length - 1]}px`;
  }

  /**
   * @param {number} position from the top of the list
   * @returns {number} index of the item at this position, or of the nearest one
   */
  #indexAt(position) {
    let low = 0;
    let high = this.#items.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#tops[middle] <= position) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return Math.max(low, 0);
  }
}

/** @param {Item} item */
function estimatedHeight(item) {
  return EMPTY_HEIGHT + item.length * HEIGHT_PER_CHARACTER;
}
