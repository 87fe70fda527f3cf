/**
 * The segments of a transcript with its corrections, as `correct()` of shared/formats/corrections.py
 * makes them; a test compares both. Times are in seconds.
 *
 * A segment that a correction does not concern stays the same object: in 12 hours there are thousands,
 * and a correction concerns few. So segments and their words are never changed.
 */

import { cutAtWords, wordSeparator } from "./spacing.js";

/** A word of which the recogniser was less sure than this is doubtful. */
const DOUBTFUL_BELOW = 0.5;

/**
 * @typedef {import("./transcript_model.js").TranscriptModel} TranscriptModel
 * @typedef {import("./transcript_model.js").Segment} Segment
 * @typedef {import("./transcript_model.js").Word} Word
 */

export class CorrectedSegments {
  #transcript;
  /** The segment of each word. */
  #segmentOfWord;
  /** @type {Map<number | string, {cause: string, segment: Segment}>} by id, with what made it so */
  #known = new Map();
  /** @type {Map<string, string | null>} who probably says a suspect, by its id */
  #likely = new Map();

  /** @param {any} transcript transcript.json */
  constructor(transcript) {
    this.#transcript = transcript;
    this.#segmentOfWord = segmentsOfWords(transcript);
  }

  /** @param {any} transcript whose segments with a known id are as they were */
  extend(transcript) {
    this.#transcript = transcript;
    this.#segmentOfWord = segmentsOfWords(transcript);
  }

  /**
   * @param {TranscriptModel} model
   * @returns {Segment[]} the transcript's segments and the kept suspects, in order of start
   */
  of(model) {
    const { edits } = model;
    const dropped = new Set(edits.dropped);
    const changedWords = this.#changedWords(edits.words);
    /** @type {Segment[]} */
    const segments = [];
    for (const segment of this.#transcript.segments) {
      if (dropped.has(`segment-${segment.id}`)) continue;
      const corrected = this.#corrected(segment, model, changedWords.get(segment.id) ?? "");
      if (corrected.words.length > 0) segments.push(corrected);
    }
    const kept = edits.kept.map((id) => this.#keptSuspect(id, model)).filter((each) => each !== null);
    if (kept.length === 0) return segments;
    return [...segments, ...kept].sort((one, other) => one.start - other.start);
  }

  /**
   * @param {Record<string, string>} words texts by word id
   * @returns {Map<number, string>} the ids and texts of a segment's words, by segment
   */
  #changedWords(words) {
    const changed = new Map();
    for (const entry of Object.entries(words)) {
      const segment = this.#segmentOfWord[Number(entry[0])];
      changed.set(segment, (changed.get(segment) ?? "") + JSON.stringify(entry));
    }
    return changed;
  }

  /**
   * @param {any} segment
   * @param {TranscriptModel} model
   * @param {string} changedWords
   * @returns {Segment}
   */
  #corrected(segment, model, changedWords) {
    const speaker = model.mergedId(model.edits.sentences[segment.id] ?? segment.speaker);
    const make = () => correctedSegment(segment, speaker, model);
    return this.#made(segment.id, `${speaker} ${changedWords}`, make);
  }

  /**
   * @param {string} id
   * @param {TranscriptModel} model
   * @returns {Segment | null} null if there is no such suspect
   */
  #keptSuspect(id, model) {
    const match = /^suspect-(\d+)$/.exec(id);
    const suspect = match ? this.#transcript.quality.suspects[Number(match[1])] : undefined;
    if (suspect === undefined) return null;
    if (!this.#likely.has(id)) this.#likely.set(id, likelySpeaker(suspect, this.#transcript));
    const given = model.edits.sentences[id] ?? this.#likely.get(id) ?? null;
    const speaker = model.mergedId(given);
    return this.#made(id, String(speaker), () => suspectSegment(id, suspect, speaker));
  }

  /**
   * @param {number | string} id
   * @param {string} cause
   * @param {() => Segment} make
   * @returns {Segment} the one that was made of the same cause, or a new one
   */
  #made(id, cause, make) {
    const known = this.#known.get(id);
    if (known?.cause === cause) return known.segment;
    const segment = make();
    this.#known.set(id, { cause, segment });
    return segment;
  }
}

/**
 * @param {any} transcript
 * @returns {Uint32Array} segments by word
 */
function segmentsOfWords({ segments, words }) {
  const found = new Uint32Array(words.length);
  for (const { id, words: range } of segments) {
    if (range !== null) found.fill(id, range[0], range[1] + 1);
  }
  return found;
}

/**
 * @param {any} segment
 * @param {string | null} speaker
 * @param {TranscriptModel} model
 * @returns {Segment}
 */
function correctedSegment(segment, speaker, model) {
  const { id, start, end, language } = segment;
  const words = segment.words === null ? [wholeText(segment)] : wordsOf(segment, model);
  const text = words.map(writtenWord).join("");
  const hasRoughTimes = segment.flags.includes("not_aligned");
  return { id, start, end, text, speaker, language, hasRoughTimes, words };
}

/**
 * @param {any} segment
 * @param {TranscriptModel} model
 * @returns {Word[]} words that are not removed
 */
function wordsOf(segment, model) {
  const [first, last] = segment.words;
  const machine = model.transcript.words.slice(first, last + 1);
  const spellings = machine.map((/** @type {any} */ word) => word.word);
  const pieces = cutAtWords(segment.text, spellings, wordSeparator(segment.language));
  const { words: texts } = model.edits;
  const words = [];
  for (const [index, word] of machine.entries()) {
    const text = texts[word.id] ?? word.word;
    const at = pieces[index].indexOf(word.word);
    const before = pieces[index].slice(0, at);
    const after = pieces[index].slice(at + word.word.length);
    if (text !== "") words.push(shownWord(word, text, before, after, segment));
  }
  trimEnds(words);
  return words;
}

/**
 * @param {any} word
 * @param {string} text
 * @param {string} before
 * @param {string} after
 * @param {any} segment
 * @returns {Word}
 */
function shownWord(word, text, before, after, segment) {
  const isCorrected = text !== word.word;
  const isUnsure = word.confidence !== null && word.confidence < DOUBTFUL_BELOW;
  return {
    id: word.id,
    text,
    machine: word.word,
    before,
    after,
    start: word.start,
    end: word.end,
    segment: segment.id,
    language: segment.language,
    suspect: undefined,
    doubtful: isUnsure && !isCorrected,
  };
}

/** @param {Word[]} words of a segment, whose text begins and ends without space */
function trimEnds(words) {
  if (words.length === 0) return;
  const last = words[words.length - 1];
  words[0].before = words[0].before.trimStart();
  last.after = last.after.trimEnd();
}

/**
 * @param {any} segment with an id, a text and times
 * @returns {Word} all of its text as one
 */
function wholeText(segment) {
  return {
    id: null,
    text: segment.text,
    machine: segment.text,
    before: "",
    after: "",
    start: segment.start,
    end: segment.end,
    segment: segment.id,
    language: segment.language,
    suspect: undefined,
    doubtful: false,
  };
}

/**
 * @param {string} id
 * @param {any} suspect
 * @param {string | null} speaker
 * @returns {Segment}
 */
function suspectSegment(id, suspect, speaker) {
  const { start, end, language } = suspect;
  const text = suspect.text.trim().replace(/\s+/g, " ");
  const word = { ...wholeText({ ...suspect, id, text }), suspect: id, doubtful: true };
  return { id, start, end, text, speaker, language, hasRoughTimes: false, words: [word] };
}

/**
 * @param {any} suspect
 * @param {any} transcript
 * @returns {string | null} who talks for longest during it, or whose channel it is
 */
function likelySpeaker(suspect, transcript) {
  if (suspect.channel !== null) {
    const segments = transcript.segments.filter((/** @type {any} */ each) => each.channel === suspect.channel);
    return segments[0]?.speaker ?? null;
  }
  /** @type {Map<string, number>} */
  const seconds = new Map();
  for (const { start, end, speaker } of transcript.turns) {
    const shared = Math.min(end, suspect.end) - Math.max(start, suspect.start);
    if (shared > 0) seconds.set(speaker, (seconds.get(speaker) ?? 0) + shared);
  }
  const [likeliest] = [...seconds].sort(([, one], [, other]) => other - one);
  return likeliest?.[0] ?? null;
}

/**
 * @param {Word} word
 * @returns {string} with what precedes and follows it
 */
export function writtenWord(word) {
  return word.before + word.text + word.after;
}
