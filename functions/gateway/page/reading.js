/** The text of a recording: its paragraphs, the word that is heard, and keys inside the text. */

import { element } from "./elements.js";
import { Following, keepInSight, wantedPlace } from "./following.js";
import { HeardWords } from "./heard_words.js";
import { paragraphElement } from "./paragraph_element.js";
import { ParagraphList } from "./paragraph_list.js";

/**
 * @typedef {import("./player.js").Player} Player
 * @typedef {import("./transcript_model.js").TranscriptModel} TranscriptModel
 * @typedef {import("./transcript_model.js").Paragraph} Paragraph
 */

/**
 * Fires "draw" with `detail: {element, paragraph}` for each paragraph that is drawn, and "model" when
 * the text is another one.
 */
export class Reading extends EventTarget {
  #list;
  #heard = new HeardWords();
  #lit = -1;
  #isStill = false;
  #stop = new AbortController();

  /**
   * @param {HTMLElement} slot
   * @param {TranscriptModel} model
   * @param {Player} player
   */
  constructor(slot, model, player) {
    super();
    this.model = model;
    this.player = player;
    this.following = new Following();
    /** @type {HTMLElement} */
    this.root = element("div", { class: "paragraphs", attributes: { role: "list" } });
    slot.append(this.root);
    this.#list = new ParagraphList(this.root, (index) => this.#draw(index));
    this.#listen();
    this.#show();
  }

  /**
   * Shows another text of the same recording, and keeps the place that is on the screen.
   *
   * @param {TranscriptModel} model
   */
  setModel(model) {
    this.model.removeEventListener("change", this.#redraw);
    this.model = model;
    this.model.addEventListener("change", this.#redraw);
    this.#redraw();
  }

  /** Draws the paragraphs on the screen anew, and keeps the place. */
  redraw() {
    this.#redraw();
  }

  close() {
    this.#stop.abort();
    this.model.removeEventListener("change", this.#redraw);
    this.following.close();
    this.#list.close();
  }

  /**
   * @param {number} index in the model's words
   * @returns {HTMLElement | null} null if it is not drawn
   */
  drawnWord(index) {
    return this.root.querySelector(`[data-index="${index}"]`);
  }

  /**
   * Scrolls to a word, which may be far away.
   *
   * @param {number} index in the model's words
   * @returns {HTMLElement | null}
   */
  bringWord(index) {
    const paragraph = this.paragraphOf(index);
    if (paragraph === undefined) return null;
    if (this.drawnWord(index) === null) this.#list.bring(paragraph.index, wantedPlace());
    const shown = this.drawnWord(index);
    if (shown !== null) keepInSight(shown);
    return shown;
  }

  /** @param {number} seconds */
  bringTime(seconds) {
    return this.bringWord(this.#heard.near(seconds));
  }

  /**
   * @param {number} index in the model's words
   * @returns {Paragraph | undefined}
   */
  paragraphOf(index) {
    const { paragraphs } = this.model;
    let low = 0;
    let high = paragraphs.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (paragraphs[middle].firstWord <= index) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return paragraphs[low];
  }

  /** @returns {Iterable<HTMLElement>} the drawn paragraphs */
  *drawnParagraphs() {
    for (const [, drawn] of this.#list.drawn) yield drawn;
  }

  /** @returns {boolean} whether the word at the player's time is on the screen */
  get isInSight() {
    const shown = this.drawnWord(this.#heard.near(this.player.time));
    if (shown === null) return false;
    const { top, bottom } = shown.getBoundingClientRect();
    return bottom > 0 && top < window.innerHeight;
  }

  // Drawing

  /** @param {number} index */
  #draw(index) {
    const paragraph = this.model.paragraphs[index];
    const drawn = paragraphElement(paragraph, this.model);
    const lit = drawn.querySelector(`[data-index="${this.#lit}"]`);
    lit?.setAttribute("aria-current", "true");
    this.dispatchEvent(new CustomEvent("draw", { detail: { element: drawn, paragraph } }));
    return drawn;
  }

  #show() {
    this.#heard.setWords(this.model.words);
    this.#lit = -1;
    const items = this.model.paragraphs.map(({ segments, words, length }) => ({
      key: `${segments[0].id}-${words.length}`,
      length,
    }));
    this.#list.setItems(items);
    this.#light(false);
  }

  #redraw = () => {
    const place = this.#place();
    this.#show();
    this.dispatchEvent(new Event("model"));
    if (place !== null) this.#backTo(place);
  };

  /** Returns a word on the screen by its time, and where it is; null at the very top. */
  #place() {
    const focused = this.root.contains(document.activeElement) ? document.activeElement : null;
    const isFocused = focused?.classList.contains("word") ?? false;
    const words = isFocused && focused ? [focused] : this.root.querySelectorAll(".word");
    for (const shown of words) {
      const { top } = shown.getBoundingClientRect();
      const start = Number(/** @type {HTMLElement} */ (shown).dataset.start);
      if (top >= 0) return { start, top, isFocused };
    }
    return null;
  }

  /** @param {{start: number, top: number, isFocused: boolean}} place */
  #backTo({ start, top, isFocused }) {
    const index = this.#heard.near(start);
    const paragraph = this.paragraphOf(index);
    if (paragraph === undefined) return;
    if (this.drawnWord(index) === null) this.#list.bring(paragraph.index, top);
    const shown = this.drawnWord(index);
    if (shown === null) return;
    const distance = shown.getBoundingClientRect().top - top;
    if (window.scrollY > 0) window.scrollBy({ top: distance, behavior: "instant" });
    if (isFocused) focusWord(shown);
  }

  // The word that is heard

  /** @param {boolean} follow */
  #light(follow) {
    const index = this.player.hasMoved ? this.#heard.at(this.player.time) : -1;
    if (index === this.#lit) return;
    this.drawnWord(this.#lit)?.removeAttribute("aria-current");
    this.#lit = index;
    if (index < 0) return;
    if (follow && this.following.isOn) this.bringWord(index);
    this.drawnWord(index)?.setAttribute("aria-current", "true");
  }

  // Clicks and keys

  #listen() {
    const { signal } = this.#stop;
    this.model.addEventListener("change", this.#redraw);
    this.root.addEventListener("click", (event) => this.#clicked(event), { signal });
    this.root.addEventListener("keydown", (event) => this.#keyPressed(event), { signal });
    this.root.addEventListener("focusin", (event) => this.#focused(event), { signal });
    this.player.addEventListener("time", () => this.#light(this.player.playing), { signal });
    this.player.addEventListener("seek", () => this.#jumped(), { signal });
    this.following.addEventListener("change", () => this.#followingChanged(), { signal });
    window.addEventListener("beforeprint", () => this.#list.setWhole(true), { signal });
    window.addEventListener("afterprint", () => this.#list.setWhole(false), { signal });
  }

  /**
   * Does something, such as a jump of the sound, without scrolling. The way back is offered.
   *
   * @param {() => void} act
   */
  withoutScrolling(act) {
    this.#isStill = true;
    act();
    this.#isStill = false;
  }

  #jumped() {
    this.following.set(!this.#isStill);
    if (!this.#isStill) this.bringTime(this.player.time);
  }

  #followingChanged() {
    if (this.following.isOn && this.player.hasMoved) this.bringTime(this.player.time);
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    const isSelecting = window.getSelection()?.isCollapsed === false;
    if (!isPlain || isSelecting || event.defaultPrevented) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const time = target.closest(".paragraph-time");
    const word = time ? time.closest(".paragraph")?.querySelector(".word") : target.closest(".word");
    if (!(word instanceof HTMLElement)) return;
    event.preventDefault();
    this.#play(word);
  }

  /** @param {HTMLElement} word */
  #play(word) {
    focusWord(word);
    this.player.seek(this.model.words[Number(word.dataset.index)].start);
    this.player.play();
  }

  /** @param {FocusEvent} event */
  #focused(event) {
    const word = event.target;
    if (!(word instanceof HTMLElement) || !word.classList.contains("word")) return;
    const text = word.closest(".paragraph-text");
    for (const other of text?.querySelectorAll(".word[tabindex]") ?? []) {
      if (other !== word) other.removeAttribute("tabindex");
    }
    word.tabIndex = 0;
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    const word = event.target;
    if (!(word instanceof HTMLElement) || !word.classList.contains("word")) return;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.#play(word);
      return;
    }
    const next = this.#wordTo(word, event.key);
    if (next === null) return;
    event.preventDefault();
    this.following.set(false);
    focusWord(next);
    next.scrollIntoView({ block: "nearest" });
  }

  /**
   * @param {HTMLElement} word
   * @param {string} key
   * @returns {HTMLElement | null} the word to which the key leads, if it leads to any
   */
  #wordTo(word, key) {
    const text = /** @type {HTMLElement} */ (word.closest(".paragraph-text"));
    const words = /** @type {HTMLElement[]} */ ([...text.querySelectorAll(".word")]);
    const isRightToLeft = getComputedStyle(text).direction === "rtl";
    const position = words.indexOf(word);
    const last = words.length - 1;
    if (key === "Home") return words[0];
    if (key === "End") return words[last];
    if (key === "ArrowLeft" || key === "ArrowRight") {
      const step = (key === "ArrowRight") === isRightToLeft ? -1 : 1;
      return words[Math.min(Math.max(position + step, 0), last)];
    }
    if (key === "ArrowUp" || key === "ArrowDown") return this.#beside(word, key);
    return null;
  }

  /**
   * @param {HTMLElement} word
   * @param {string} key
   * @returns {HTMLElement | null} the first word of the paragraph before or after
   */
  #beside(word, key) {
    const { index } = /** @type {Paragraph} */ (this.paragraphOf(Number(word.dataset.index)));
    const next = this.model.paragraphs[key === "ArrowUp" ? index - 1 : index + 1];
    if (next === undefined) return word;
    const drawn = this.#list.elementAt(next.index) ?? this.#list.bring(next.index, wantedPlace());
    return drawn.querySelector(".word");
  }
}

/** @param {HTMLElement} word */
export function focusWord(word) {
  word.tabIndex = 0;
  word.focus({ preventScroll: true });
}
