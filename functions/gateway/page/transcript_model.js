/**
 * A transcript with its corrections, as the page shows it: speakers, paragraphs and words.
 *
 * Ids of words and segments are those of transcript.json, whatever is corrected. Times are in seconds.
 */

import { CorrectedSegments } from "./corrected_segments.js";
import { Paragraphs } from "./paragraphs.js";

/** How many colours speakers have: --speaker-1 to --speaker-8. */
const COLOURS = 8;

/**
 * @typedef {object} Edits
 * @property {Record<string, string>} speakers names by speaker id
 * @property {Record<string, string>} merges the speaker that another one is, by the id of the latter
 * @property {Record<string, string>} words texts by word id; "" removes a word
 * @property {Record<string, string>} sentences speaker ids by segment id
 * @property {string[]} kept suspects that belong to the text, such as "suspect-0"
 * @property {string[]} dropped what was looked at and thrown away: "suspect-1", "gap-0", "segment-7"
 *
 * @typedef {object} Speaker
 * @property {string} id
 * @property {string} name
 * @property {number} color from 1 to 8
 *
 * @typedef {object} Word
 * @property {number | null} id null for a text that came without words
 * @property {string} text as it is shown
 * @property {string} machine as the recogniser wrote it
 * @property {string} before what precedes it in the text: nothing, but rarely marks
 * @property {string} after what follows it in the text: mostly a space
 * @property {number} start
 * @property {number} end
 * @property {number | string} segment id of its segment
 * @property {string | null} language
 * @property {string | undefined} suspect "suspect-0" for a text that was probably never said
 * @property {boolean} doubtful
 *
 * @typedef {object} Segment
 * @property {number | string} id a number; of a kept suspect "suspect-0"
 * @property {number} start
 * @property {number} end
 * @property {string} text
 * @property {string | null} speaker
 * @property {string | null} language
 * @property {boolean} hasRoughTimes whether words have the recogniser's times, which may be off by a second
 * @property {Word[]} words
 *
 * @typedef {object} Paragraph
 * @property {number} index
 * @property {string | null} speaker
 * @property {string | null} language of its first segment
 * @property {number} start
 * @property {number} end
 * @property {Segment[]} segments
 * @property {Word[]} words
 * @property {number} length of its text, in characters
 * @property {number} firstWord index of its first word in the model's words
 */

/** @returns {Edits} corrections that change nothing */
export function noEdits() {
  return { speakers: {}, merges: {}, words: {}, sentences: {}, kept: [], dropped: [] };
}

/**
 * @param {Partial<Edits>} edits as the API answers them, or in part
 * @returns {Edits} a copy of the fields that the API takes
 */
export function copiedEdits(edits) {
  const { speakers = {}, merges = {}, words = {}, sentences = {}, kept = [], dropped = [] } = edits;
  return {
    speakers: { ...speakers },
    merges: { ...merges },
    words: { ...words },
    sentences: { ...sentences },
    kept: [...kept],
    dropped: [...dropped],
  };
}

/** Fires "change" after each correction. */
export class TranscriptModel extends EventTarget {
  /** @type {Speaker[]} */
  speakers = [];
  /** @type {Segment[]} */
  segments = [];
  /** @type {Paragraph[]} */
  paragraphs = [];
  /** @type {Word[]} */
  words = [];
  #correctedSegments;
  #paragraphs = new Paragraphs();

  /**
   * @param {any} transcript transcript.json
   * @param {Partial<Edits>} edits
   */
  constructor(transcript, edits = noEdits()) {
    super();
    this.transcript = transcript;
    this.edits = copiedEdits(edits);
    this.#correctedSegments = new CorrectedSegments(transcript);
    this.#build();
  }

  /**
   * Shows a transcript to which segments were added, or from which some were taken away.
   *
   * @param {any} transcript whose segments with a known id are as they were
   */
  extend(transcript) {
    this.transcript = transcript;
    this.#correctedSegments.extend(transcript);
    this.#changed();
  }

  /** @returns {number} seconds */
  get duration() {
    return this.transcript.media.duration;
  }

  /**
   * @param {string | null} speakerId
   * @returns {string} the speaker's name, or "" if the speaker is unknown
   */
  nameOf(speakerId) {
    const id = this.mergedId(speakerId);
    if (id === null) return "";
    const label = this.transcript.speakers.find((/** @type {any} */ each) => each.id === id)?.label;
    return this.edits.speakers[id] ?? label ?? `Speaker ${id.replace(/^S/, "")}`;
  }

  /**
   * @param {number | string} segmentId
   * @returns {string | null} id of the speaker of a segment, as corrected
   */
  speakerOf(segmentId) {
    return this.segments.find(({ id }) => id === segmentId)?.speaker ?? null;
  }

  /**
   * @param {string | null} speakerId
   * @returns {number} the speaker's colour, from 1 to 8; 0 if the speaker is unknown
   */
  colorOf(speakerId) {
    const id = this.mergedId(speakerId);
    const number = Number(id?.slice(1) ?? 0);
    return number > 0 ? ((number - 1) % COLOURS) + 1 : 0;
  }

  /**
   * @param {string | null} speakerId
   * @returns {string | null} the speaker that this one was merged into, or itself
   */
  mergedId(speakerId) {
    if (speakerId === null || !(speakerId in this.edits.merges)) return speakerId;
    /** @type {string | null} */
    let id = speakerId;
    const seen = new Set();
    while (id !== null && id in this.edits.merges && !seen.has(id)) {
      seen.add(id);
      id = this.edits.merges[id];
    }
    return id;
  }

  /** @param {string} id @param {string} name "" for the machine's own label */
  renameSpeaker(id, name) {
    setOrDelete(this.edits.speakers, id, name);
    this.#changed();
  }

  /** @param {string} from @param {string} into */
  mergeSpeakers(from, into) {
    const target = this.mergedId(into);
    if (target === null || target === from) return;
    this.edits.merges[from] = target;
    this.#changed();
  }

  /** @param {string} id of a merged speaker, who is a speaker again */
  separateSpeaker(id) {
    delete this.edits.merges[id];
    this.#changed();
  }

  /** @param {number | string} id @param {string} text "" removes the word */
  correctWord(id, text) {
    const machine = this.transcript.words[Number(id)].word;
    if (text === machine) {
      delete this.edits.words[id];
    } else {
      this.edits.words[id] = text;
    }
    this.#changed();
  }

  /** @param {number | string} segmentId @param {string} speakerId may be a new one, such as "S5" */
  giveSentence(segmentId, speakerId) {
    const machine = this.transcript.segments[Number(segmentId)]?.speaker;
    if (machine === speakerId) {
      delete this.edits.sentences[segmentId];
    } else {
      this.edits.sentences[segmentId] = speakerId;
    }
    this.#changed();
  }

  /** @param {string} id such as "suspect-0" */
  keep(id) {
    this.edits.dropped = without(this.edits.dropped, id);
    this.edits.kept = [...without(this.edits.kept, id), id];
    this.#changed();
  }

  /** @param {string} id such as "suspect-1", "gap-0", "segment-7" */
  drop(id) {
    this.edits.kept = without(this.edits.kept, id);
    this.edits.dropped = [...without(this.edits.dropped, id), id];
    this.#changed();
  }

  /** @param {string} id that was kept or dropped */
  restore(id) {
    this.edits.kept = without(this.edits.kept, id);
    this.edits.dropped = without(this.edits.dropped, id);
    this.#changed();
  }

  /** @param {Partial<Edits>} edits that replace all of these, for example those of someone else */
  replaceEdits(edits) {
    this.edits = copiedEdits(edits);
    this.#changed();
  }

  #changed() {
    this.#forgetUnknown();
    this.#build();
    this.dispatchEvent(new Event("change"));
  }

  /** Takes away what refers to speakers and suspects that are in the text no more. */
  #forgetUnknown() {
    const { speakers, merges, sentences, kept } = this.edits;
    for (const id of Object.keys(sentences)) {
      if (id.startsWith("suspect-") && !kept.includes(id)) delete sentences[id];
    }
    const machine = this.transcript.speakers.map((/** @type {any} */ speaker) => speaker.id);
    const known = new Set([...machine, ...Object.values(sentences)]);
    for (const id of Object.keys(speakers)) {
      if (!known.has(id)) delete speakers[id];
    }
    for (const [from, into] of Object.entries(merges)) {
      if (!known.has(from) || !known.has(into)) delete merges[from];
    }
  }

  #build() {
    this.segments = this.#correctedSegments.of(this);
    this.paragraphs = this.#paragraphs.of(this.segments);
    this.words = this.paragraphs.flatMap((paragraph) => paragraph.words);
    this.speakers = speakersOf(this);
  }
}

// Speakers

/**
 * @param {TranscriptModel} model
 * @returns {Speaker[]} those that are left after merging, and those of given sentences
 */
function speakersOf(model) {
  const machine = model.transcript.speakers.map((/** @type {any} */ speaker) => speaker.id);
  const given = Object.values(model.edits.sentences);
  const merged = [...machine, ...given].map((id) => model.mergedId(id) ?? id);
  const ids = [...new Set(merged)].sort((one, other) => Number(one.slice(1)) - Number(other.slice(1)));
  return ids.map((id) => ({ id, name: model.nameOf(id), color: model.colorOf(id) }));
}

/**
 * @param {string[]} ids
 * @param {string} id
 */
function without(ids, id) {
  return ids.filter((each) => each !== id);
}

/**
 * @param {Record<string, string>} values
 * @param {string} key
 * @param {string} value "" deletes the key
 */
function setOrDelete(values, key, value) {
  if (value === "") {
    delete values[key];
  } else {
    values[key] = value;
  }
}
