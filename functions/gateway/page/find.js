/**
 * Finds words in the whole text. The browser's own find sees only what is drawn.
 *
 * Upper and lower case and accents do not matter.
 */

import { button, element } from "./elements.js";
import { icon } from "./icons.js";
import { textOf } from "./paragraphs.js";
import { focusWord } from "./reading.js";

const ACCENTS = /\p{Mn}/gu;
const PLAIN = /^[\x20-\x7f]*$/;

/**
 * @typedef {import("./reading.js").Reading} Reading
 * @typedef {import("./transcript_model.js").Paragraph} Paragraph
 * @typedef {import("./transcript_model.js").Word} Word
 *
 * @typedef {object} Match
 * @property {number} first index of its first word in the model's words
 * @property {number} last
 */

export class Find {
  #reading;
  /** @type {Match[]} */
  #matches = [];
  #current = -1;
  /** @type {WeakMap<Word[], string>} texts by the words of their paragraph */
  #folded = new WeakMap();
  #input;
  #count;
  /** What had the focus before. @type {HTMLElement | null} */
  #former = null;

  /** @param {Reading} reading */
  constructor(reading) {
    this.#reading = reading;
    const attributes = { type: "search", placeholder: "Find in the text", "aria-label": "Find in the text" };
    this.#input = element("input", { attributes: { ...attributes, autocomplete: "off" } });
    this.#count = element("span", { class: "count", attributes: { role: "status" } });
    this.bar = this.#bar();
    this.#input.addEventListener("input", () => this.#search());
    this.bar.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => this.#keyPressed(event));
    reading.addEventListener("draw", (event) => this.#mark(/** @type {CustomEvent} */ (event).detail.element));
    reading.addEventListener("model", () => this.#modelChanged());
  }

  get isOpen() {
    return !this.bar.hidden;
  }

  open() {
    const { activeElement } = document;
    if (!this.isOpen) this.#former = activeElement instanceof HTMLElement ? activeElement : null;
    this.bar.hidden = false;
    this.#input.focus();
    this.#input.select();
    this.#search();
  }

  close() {
    this.bar.hidden = true;
    const match = this.#matches[this.#current];
    this.#matches = [];
    this.#markAll();
    const word = match === undefined ? null : this.#reading.bringWord(match.first);
    if (word !== null) focusWord(word);
    else this.#former?.focus({ preventScroll: true });
  }

  /** @param {number} step 1 for the next place, -1 for the one before */
  go(step) {
    const number = this.#matches.length;
    if (number === 0) return;
    this.#current = (this.#current + step + number) % number;
    this.#showCurrent();
  }

  #bar() {
    return element("div", { class: "find", attributes: { role: "search", hidden: true } }, [
      this.#input,
      this.#count,
      iconButton("up", "Previous place", () => this.go(-1)),
      iconButton("down", "Next place", () => this.go(1)),
      button("×", () => this.close(), { class: "quiet close", attributes: { "aria-label": "End finding" } }),
    ]);
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && event.target === this.#input) {
      event.preventDefault();
      this.go(event.shiftKey ? -1 : 1);
    }
  }

  #modelChanged() {
    if (!this.isOpen) return;
    this.#matches = this.#places();
    this.#current = Math.min(this.#current, this.#matches.length - 1);
    this.#sayCount();
    this.#markAll();
  }

  #search() {
    this.#matches = this.#places();
    this.#current = this.#firstOnScreen();
    if (this.#matches.length > 0) {
      this.#showCurrent();
    } else {
      this.#sayCount();
      this.#markAll();
    }
  }

  /** @returns {Match[]} in the order of the text */
  #places() {
    const wanted = folded(this.#input.value.trim().replace(/\s+/g, " "));
    if (wanted === "") return [];
    const places = [];
    for (const paragraph of this.#reading.model.paragraphs) {
      const text = this.#foldedText(paragraph);
      let from = text.indexOf(wanted);
      while (from >= 0) {
        places.push(wordsBetween(paragraph, from, from + wanted.length));
        from = text.indexOf(wanted, from + wanted.length);
      }
    }
    return places;
  }

  /** @param {Paragraph} paragraph */
  #foldedText(paragraph) {
    const known = this.#folded.get(paragraph.words);
    if (known !== undefined) return known;
    const text = folded(textOf(paragraph));
    this.#folded.set(paragraph.words, text);
    return text;
  }

  /** Returns the index of the first place on the screen or below, else 0. */
  #firstOnScreen() {
    const { root } = this.#reading;
    const words = /** @type {HTMLElement[]} */ ([...root.querySelectorAll(".word")]);
    const top = words.find((word) => word.getBoundingClientRect().top >= 0);
    const first = Number(top?.dataset.index ?? 0);
    const index = this.#matches.findIndex((match) => match.first >= first);
    return Math.max(index, 0);
  }

  #showCurrent() {
    this.#reading.following.set(false);
    this.#reading.bringWord(this.#matches[this.#current].first);
    this.#sayCount();
    this.#markAll();
  }

  #sayCount() {
    const number = this.#matches.length;
    const isEmpty = this.#input.value.trim() === "";
    const place = `${this.#current + 1} of ${number.toLocaleString()}`;
    this.#count.textContent = isEmpty ? "" : number === 0 ? "Not found" : place;
  }

  #markAll() {
    for (const drawn of this.#reading.drawnParagraphs()) this.#mark(drawn);
  }

  /** @param {HTMLElement} drawn paragraph */
  #mark(drawn) {
    for (const word of drawn.querySelectorAll(".found")) word.classList.remove("found", "current");
    const words = /** @type {NodeListOf<HTMLElement>} */ (drawn.querySelectorAll(".word"));
    if (words.length === 0 || this.#matches.length === 0) return;
    const first = Number(words[0].dataset.index);
    const last = first + words.length - 1;
    for (let index = firstFrom(this.#matches, first); index < this.#matches.length; index += 1) {
      const match = this.#matches[index];
      if (match.first > last) return;
      for (let each = match.first; each <= match.last; each += 1) {
        words[each - first]?.classList.add("found");
        if (index === this.#current) words[each - first]?.classList.add("current");
      }
    }
  }
}

/**
 * @param {Match[]} matches
 * @param {number} word
 * @returns {number} index of the first match that ends at the word or later
 */
function firstFrom(matches, word) {
  let low = 0;
  let high = matches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (matches[middle].last < word) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/**
 * @param {Paragraph} paragraph
 * @param {number} from position in the paragraph's text
 * @param {number} to
 * @returns {Match}
 */
function wordsBetween(paragraph, from, to) {
  let position = 0;
  let first = -1;
  let last = -1;
  for (const [index, { before, text, after }] of paragraph.words.entries()) {
    const end = position + before.length + text.length + after.length;
    if (end > from && first < 0) first = index;
    if (position < to) last = index;
    position = end;
  }
  return { first: paragraph.firstWord + first, last: paragraph.firstWord + last };
}

/**
 * @param {string} text
 * @returns {string} of the same length, in lower case and without accents
 */
function folded(text) {
  if (PLAIN.test(text)) return text.toLowerCase();
  return text.normalize("NFC").replace(/[^\x00-\x7f]/gu, foldedCharacter).toLowerCase();
}

/** @param {string} character */
function foldedCharacter(character) {
  const plain = character.normalize("NFD").replace(ACCENTS, "").toLowerCase();
  return plain.length === character.length ? plain : character;
}

/**
 * @param {"up" | "down"} name
 * @param {string} label
 * @param {() => void} press
 */
function iconButton(name, label, press) {
  const made = button("", press, { class: "quiet", attributes: { "aria-label": label, title: label } });
  made.append(icon(name));
  return made;
}
