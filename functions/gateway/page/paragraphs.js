/**
 * Joins segments to paragraphs, as `split_paragraphs()` of shared/formats/text.py does; a test compares
 * both. Times are in seconds.
 *
 * A paragraph whose text, speaker and place stay the same stays the same object, and one that only
 * moves keeps its words. So paragraphs are never changed.
 */

import { writtenWord } from "./corrected_segments.js";
import { separatorBetween } from "./spacing.js";

/** Seconds of silence that start a new paragraph. */
const PARAGRAPH_PAUSE = 2;
/** Seconds from a paragraph's start after which the next segment starts a new one. */
const PARAGRAPH_LENGTH = 60;

/**
 * @typedef {import("./transcript_model.js").Paragraph} Paragraph
 * @typedef {import("./transcript_model.js").Segment} Segment
 * @typedef {import("./transcript_model.js").Word} Word
 *
 * @typedef {object} Known
 * @property {Segment[]} group the segments that it was made of
 * @property {Paragraph} paragraph
 */

export class Paragraphs {
  /** @type {Map<number | string, Known>} by the id of its first segment */
  #known = new Map();

  /**
   * @param {Segment[]} segments in order of start
   * @returns {Paragraph[]} one speaker's segments until a pause or for a minute
   */
  of(segments) {
    /** @type {Map<number | string, Known>} */
    const known = new Map();
    /** @type {Paragraph[]} */
    const paragraphs = [];
    let firstWord = 0;
    for (const group of grouped(segments)) {
      const paragraph = placed(this.#made(group), paragraphs.length, firstWord);
      known.set(group[0].id, { group, paragraph });
      paragraphs.push(paragraph);
      firstWord += paragraph.words.length;
    }
    this.#known = known;
    return paragraphs;
  }

  /**
   * @param {Segment[]} group
   * @returns {Paragraph} the one that was made of the same segments, or a new one
   */
  #made(group) {
    const known = this.#known.get(group[0].id);
    const isSame = known?.group.length === group.length && known.group.every((each, at) => each === group[at]);
    return isSame ? known.paragraph : paragraphOf(group);
  }
}

/**
 * @param {Segment[]} segments
 * @returns {Segment[][]} those of each paragraph
 */
function grouped(segments) {
  /** @type {Segment[][]} */
  const groups = [];
  for (const segment of segments) {
    const last = groups[groups.length - 1];
    if (last !== undefined && continues(last, segment)) {
      last.push(segment);
    } else {
      groups.push([segment]);
    }
  }
  return groups;
}

/**
 * @param {Segment[]} group
 * @param {Segment} segment that follows it
 */
function continues(group, segment) {
  const [first] = group;
  if (segment.speaker !== first.speaker) return false;
  const previous = group[group.length - 1];
  if (segment.start - previous.end >= PARAGRAPH_PAUSE) return false;
  return segment.start - first.start < PARAGRAPH_LENGTH;
}

/**
 * @param {Segment[]} group
 * @returns {Paragraph} which has no place yet
 */
function paragraphOf(group) {
  const segments = group.map((segment, at) => separated(segment, group[at + 1]));
  const words = segments.flatMap((segment) => segment.words);
  const [{ speaker, language, start }] = group;
  return {
    index: -1,
    speaker,
    language,
    start,
    end: Math.max(...group.map((segment) => segment.end)),
    segments,
    words,
    length: words.reduce((length, word) => length + writtenWord(word).length, 0),
    firstWord: -1,
  };
}

/**
 * @param {Segment} segment
 * @param {Segment | undefined} next in the paragraph
 * @returns {Segment} whose last word is followed by what separates it from the next segment
 */
function separated(segment, next) {
  if (next === undefined) return segment;
  const words = [...segment.words];
  const last = /** @type {Word} */ (words.pop());
  words.push({ ...last, after: last.after + separatorBetween(segment, next) });
  return { ...segment, words };
}

/**
 * @param {Paragraph} paragraph
 * @param {number} index
 * @param {number} firstWord
 * @returns {Paragraph} at this place
 */
function placed(paragraph, index, firstWord) {
  const isThere = paragraph.index === index && paragraph.firstWord === firstWord;
  return isThere ? paragraph : { ...paragraph, index, firstWord };
}

/**
 * @param {Paragraph} paragraph
 * @returns {string}
 */
export function textOf(paragraph) {
  return paragraph.words.map(writtenWord).join("");
}
