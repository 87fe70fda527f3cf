/** The words of a job that is not done: parts of the recording as they come. */

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

export class LiveText {
  #run = 0;
  /** @type {Map<number, Part>} by number */
  #parts = new Map();

  /** @param {number} run of the job; a new one begins without words */
  startRun(run) {
    if (run === this.#run) return;
    this.#run = run;
    this.#parts.clear();
  }

  /** @param {Part} part */
  add(part) {
    this.startRun(part.run);
    this.#parts.set(part.part, part);
  }

  get isEmpty() {
    return this.#parts.size === 0;
  }

  /** @returns {any} what TranscriptModel needs of a transcript, of the words so far */
  transcript() {
    const live = [...this.#parts.values()].flatMap(flaggedSegments);
    live.sort((one, other) => one.start - other.start);
    /** @type {any[]} */
    const words = [];
    const segments = live.map((segment, id) => {
      const first = words.length;
      for (const word of segment.words) words.push({ ...word, id: words.length });
      const range = segment.words.length > 0 ? [first, words.length - 1] : null;
      return { ...segment, id, speaker: null, words: range };
    });
    const duration = Math.max(0, ...live.map((segment) => segment.end));
    return { media: { duration }, speakers: [], turns: [], quality: { suspects: [] }, segments, words };
  }
}

/**
 * @param {Part} part
 * @returns {any[]} its segments with the flags that transcript.json gives them
 */
function flaggedSegments({ is_aligned: isAligned, segments }) {
  const flags = isAligned ? [] : ["not_aligned"];
  return segments.map((segment) => ({ ...segment, flags }));
}
