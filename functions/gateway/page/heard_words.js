/** Which word is heard at a time. */

/** Seconds after its end for which a word stays lit if no other begins. */
const AFTERGLOW = 0.8;

/**
 * @typedef {import("./transcript_model.js").Word} Word
 */

export class HeardWords {
  /** @type {Word[]} */
  #words = [];
  /** @type {number[]} indexes */
  #byStart = [];

  /** @param {Word[]} words those of several channels may overlap */
  setWords(words) {
    const isSame = haveSameStarts(words, this.#words);
    this.#words = words;
    if (!isSame) this.#byStart = inOrderOfStart(words);
  }

  /**
   * @param {number} seconds
   * @returns {number} index of the word that is heard, or -1
   */
  at(seconds) {
    const index = this.near(seconds);
    if (index < 0) return -1;
    const word = this.#words[index];
    return seconds >= word.start - 0.001 && seconds < word.end + AFTERGLOW ? index : -1;
  }

  /**
   * @param {number} seconds
   * @returns {number} index of the last word that has begun, else of the first; -1 without words
   */
  near(seconds) {
    let low = 0;
    let high = this.#byStart.length - 1;
    if (high < 0) return -1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const { start } = this.#words[this.#byStart[middle]];
      if (start <= seconds + 0.001) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return this.#byStart[low];
  }
}

/**
 * @param {Word[]} words
 * @param {Word[]} others
 */
function haveSameStarts(words, others) {
  return words.length === others.length && words.every(({ start }, index) => start === others[index].start);
}

/**
 * @param {Word[]} words
 * @returns {number[]} their indexes
 */
function inOrderOfStart(words) {
  const indexes = words.map((_, index) => index);
  return indexes.sort((one, other) => words[one].start - words[other].start);
}
