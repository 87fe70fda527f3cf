/** Draws one paragraph: who speaks, when, and words that can be clicked. */

import { directionOf } from "./spacing.js";
import { clock, hashOfSeconds } from "./times.js";

/**
 * @typedef {import("./transcript_model.js").TranscriptModel} TranscriptModel
 * @typedef {import("./transcript_model.js").Paragraph} Paragraph
 * @typedef {import("./transcript_model.js").Segment} Segment
 * @typedef {import("./transcript_model.js").Word} Word
 */

/**
 * @param {Paragraph} paragraph
 * @param {TranscriptModel} model
 * @returns {HTMLElement}
 */
export function paragraphElement(paragraph, model) {
  const item = made("div", "paragraph");
  item.classList.add(`speaker-${model.colorOf(paragraph.speaker)}`);
  item.setAttribute("role", "listitem");
  item.setAttribute("aria-setsize", String(model.paragraphs.length));
  item.setAttribute("aria-posinset", String(paragraph.index + 1));
  item.dataset.paragraph = String(paragraph.index);
  item.append(headOf(paragraph, model), textElement(paragraph));
  return item;
}

/**
 * @param {Paragraph} paragraph
 * @param {TranscriptModel} model
 */
function headOf(paragraph, model) {
  const head = made("div", "paragraph-head");
  const name = model.nameOf(paragraph.speaker);
  if (name !== "") {
    const speaker = made("span", "speaker-name", name);
    speaker.dir = "auto";
    speaker.title = name; // a very long one is cut off
    speaker.dataset.speaker = paragraph.speaker ?? "";
    head.append(speaker);
  }
  const time = /** @type {HTMLAnchorElement} */ (made("a", "paragraph-time", clock(paragraph.start)));
  time.href = hashOfSeconds(paragraph.start);
  time.tabIndex = -1; // the paragraph has one tab stop, its words
  time.setAttribute("aria-label", `${clock(paragraph.start)}, play from here`);
  head.append(time);
  return head;
}

/** @param {Paragraph} paragraph */
function textElement(paragraph) {
  const text = made("p", "paragraph-text");
  text.dir = directionOf(paragraph.language);
  if (paragraph.language !== null) text.lang = paragraph.language;
  let index = 0;
  let wasRough = false;
  for (const segment of paragraph.segments) {
    const sentence = sentenceElement(segment, paragraph, index);
    if (segment.hasRoughTimes && !wasRough) sentence.prepend(roughMark());
    text.append(sentence);
    wasRough = segment.hasRoughTimes;
    index += segment.words.length;
  }
  const first = text.querySelector(".word");
  if (first instanceof HTMLElement) first.tabIndex = 0;
  return text;
}

/**
 * @param {Segment} segment
 * @param {Paragraph} paragraph
 * @param {number} index of its first word in the paragraph
 */
function sentenceElement(segment, paragraph, index) {
  const sentence = made("span", "sentence");
  sentence.dataset.segment = String(segment.id);
  if (segment.language !== paragraph.language && segment.language !== null) {
    sentence.lang = segment.language;
  }
  for (const [offset, word] of segment.words.entries()) {
    sentence.append(word.before, wordElement(word, paragraph.firstWord + index + offset), word.after);
  }
  return sentence;
}

/** @returns {HTMLElement} what stands before sentences whose times are not exact */
export function roughMark() {
  const mark = made("span", "rough-mark", "≈");
  mark.setAttribute("role", "img");
  mark.setAttribute("aria-label", "Times are approximate.");
  mark.title = "Times are approximate";
  return mark;
}

/**
 * @param {Word} word
 * @param {number} index in the model's words
 */
function wordElement(word, index) {
  const shown = made("span", "word", word.text);
  shown.dataset.index = String(index);
  shown.dataset.start = String(word.start);
  if (word.id !== null) shown.dataset.word = String(word.id);
  if (word.doubtful) shown.classList.add("doubtful");
  if (word.suspect !== undefined) shown.classList.add("suspect");
  if (word.id !== null && word.text !== word.machine) shown.classList.add("corrected");
  return shown;
}

/**
 * @param {string} tag
 * @param {string} name of its class
 * @param {string} text
 * @returns {HTMLElement}
 */
function made(tag, name, text = "") {
  const element = document.createElement(tag);
  element.className = name;
  if (text !== "") element.textContent = text;
  return element;
}
