/** The words of a job that is not done: parts of the recording as they come. */

import { TranscriptModel } from "./transcript_model.js";

/**
 * @typedef {object} LiveSegment
 * @property {number} start
 * @property {number} end
 * @property {string | null} language
 * @property {string} text
 * @property {{word: string, start: number, end: number, confidence: number | null}[]} words
 *
 * @typedef {object} Part
 * @property {number} run
 * @property {number} part
 * @property {number | null} channel
 * @property {boolean} is_aligned whether its words have the aligner's times, not the recogniser's
 * @property {LiveSegment[]} segments
 */

/**
 * Ids of segments and words are given in the order in which they come, whatever their times. So a part
 * changes nothing of the others, and costs little where a hundred have come before.
 */
export class LiveText {
  #run = 0;
  /** @type {Map<number, any[]>} segments as in transcript.json, by number of their part */
  #parts = new Map();
  /** @type {any[]} words as in transcript.json */
  #words = [];
  #segmentCount = 0;
  /** @type {TranscriptModel | undefined} */
  #model;

  /** @param {number} run of the job; a new one begins without words */
  startRun(run) {
    if (run === this.#run) return;
    this.#run = run;
    this.#parts.clear();
    this.#words = [];
    this.#segmentCount = 0;
    this.#model = undefined;
  }

  /**
   * @param {Part} part
   * @returns {TranscriptModel} of the words so far: the same one until a new run begins
   */
  add(part) {
    this.startRun(part.run);
    const segments = part.segments.map((segment) => this.#numbered(segment, part.is_aligned));
    this.#parts.set(part.part, segments);
    if (this.#model === undefined) {
      this.#model = new TranscriptModel(this.#transcript());
    } else {
      this.#model.extend(this.#transcript());
    }
    return this.#model;
  }

  /**
   * @param {LiveSegment} segment
   * @param {boolean} isAligned
   * @returns {any} the segment as in transcript.json; its words are added to the others
   */
  #numbered(segment, isAligned) {
    const first = this.#words.length;
    for (const word of segment.words) this.#words.push({ ...word, id: this.#words.length });
    const words = segment.words.length > 0 ? [first, this.#words.length - 1] : null;
    const flags = isAligned ? [] : ["not_aligned"];
    const id = this.#segmentCount;
    this.#segmentCount += 1;
    return { ...segment, id, speaker: null, words, flags };
  }

  /** @returns {any} what TranscriptModel needs of a transcript, of the words so far */
  #transcript() {
    const segments = [...this.#parts.values()].flat();
    segments.sort((one, other) => one.start - other.start);
    const duration = Math.max(0, ...segments.map((segment) => segment.end));
    const quality = { suspects: [] };
    return { media: { duration }, speakers: [], turns: [], quality, segments, words: this.#words };
  }
}
