/**
 * A transcript with its corrections, as the page shows it: speakers, paragraphs and words.
 *
 * It applies corrections as `correct()` of shared/formats/corrections.py does, and splits paragraphs
 * as `split_paragraphs()` of shared/formats/text.py does; a test compares both. Ids of words and
 * segments are those of transcript.json, whatever is corrected. Times are in seconds.
 */

import { cutAtWords, separatorBetween, wordSeparator } from "./spacing.js";

/** Seconds of silence that start a new paragraph. */
const PARAGRAPH_PAUSE = 2;
/** Seconds from a paragraph's start after which the next segment starts a new one. */
const PARAGRAPH_LENGTH = 60;
/** A word of which the recogniser was less sure than this is doubtful. */
const DOUBTFUL_BELOW = 0.5;
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
  /** @type {Map<string, Segment>} */
  #bySegment = new Map();

  /**
   * @param {any} transcript transcript.json
   * @param {Partial<Edits>} edits
   */
  constructor(transcript, edits = noEdits()) {
    super();
    this.transcript = transcript;
    this.edits = copiedEdits(edits);
    this.#build();
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
    return this.#bySegment.get(String(segmentId))?.speaker ?? null;
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
    this.segments = correctedSegments(this);
    this.paragraphs = splitParagraphs(this.segments);
    this.words = wordsInOrder(this.paragraphs);
    this.#bySegment = new Map(this.segments.map((segment) => [String(segment.id), segment]));
    this.speakers = speakersOf(this);
  }
}

// Segments

/**
 * @param {TranscriptModel} model
 * @returns {Segment[]} the transcript's segments and the kept suspects, in order of start
 */
function correctedSegments(model) {
  const { transcript, edits } = model;
  const dropped = new Set(edits.dropped);
  /** @type {Segment[]} */
  const segments = [];
  for (const segment of transcript.segments) {
    if (dropped.has(`segment-${segment.id}`)) continue;
    const corrected = correctedSegment(segment, model);
    if (corrected.words.length > 0) segments.push(corrected);
  }
  const kept = edits.kept.map((id) => keptSuspect(id, model)).filter((each) => each !== null);
  if (kept.length === 0) return segments;
  return [...segments, ...kept].sort((one, other) => one.start - other.start);
}

/**
 * @param {any} segment
 * @param {TranscriptModel} model
 * @returns {Segment}
 */
function correctedSegment(segment, model) {
  const { edits } = model;
  const speaker = model.mergedId(edits.sentences[segment.id] ?? segment.speaker);
  const words = segment.words === null ? [wholeText(segment)] : wordsOf(segment, model);
  return {
    id: segment.id,
    start: segment.start,
    end: segment.end,
    text: words.map(writtenWord).join(""),
    speaker,
    language: segment.language,
    words,
  };
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
 * @param {TranscriptModel} model
 * @returns {Segment | null} null if there is no such suspect
 */
function keptSuspect(id, model) {
  const match = /^suspect-(\d+)$/.exec(id);
  const suspect = match ? model.transcript.quality.suspects[Number(match[1])] : undefined;
  if (suspect === undefined) return null;
  const { start, end, language } = suspect;
  const text = suspect.text.trim().replace(/\s+/g, " ");
  const word = { ...wholeText({ ...suspect, id, text }), suspect: id, doubtful: true };
  const given = model.edits.sentences[id] ?? likelySpeaker(suspect, model.transcript);
  return { id, start, end, text, speaker: model.mergedId(given), language, words: [word] };
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

// Paragraphs

/**
 * @param {Segment[]} segments
 * @returns {Paragraph[]} one speaker's segments until a pause or for a minute
 */
function splitParagraphs(segments) {
  /** @type {Paragraph[]} */
  const paragraphs = [];
  for (const segment of segments) {
    const last = paragraphs[paragraphs.length - 1];
    if (last !== undefined && continues(last, segment)) {
      extend(last, segment);
    } else {
      paragraphs.push(paragraphOf(segment, paragraphs.length));
    }
  }
  return paragraphs;
}

/**
 * @param {Paragraph} paragraph
 * @param {Segment} segment
 */
function continues(paragraph, segment) {
  if (segment.speaker !== paragraph.speaker) return false;
  const previous = paragraph.segments[paragraph.segments.length - 1];
  if (segment.start - previous.end >= PARAGRAPH_PAUSE) return false;
  return segment.start - paragraph.start < PARAGRAPH_LENGTH;
}

/**
 * @param {Segment} segment
 * @param {number} index
 * @returns {Paragraph}
 */
function paragraphOf(segment, index) {
  return {
    index,
    speaker: segment.speaker,
    language: segment.language,
    start: segment.start,
    end: segment.end,
    segments: [segment],
    words: [...segment.words],
    firstWord: 0,
  };
}

/**
 * @param {Paragraph} paragraph
 * @param {Segment} segment that follows in it
 */
function extend(paragraph, segment) {
  const previous = paragraph.segments[paragraph.segments.length - 1];
  const lastWord = paragraph.words[paragraph.words.length - 1];
  lastWord.after += separatorBetween(previous, segment);
  paragraph.segments.push(segment);
  paragraph.words.push(...segment.words);
  paragraph.end = Math.max(paragraph.end, segment.end);
}

/**
 * @param {Paragraph[]} paragraphs which learn where their words begin
 * @returns {Word[]}
 */
function wordsInOrder(paragraphs) {
  const words = [];
  for (const paragraph of paragraphs) {
    paragraph.firstWord = words.length;
    words.push(...paragraph.words);
  }
  return words;
}

/**
 * @param {Paragraph} paragraph
 * @returns {string}
 */
export function textOf(paragraph) {
  return paragraph.words.map(writtenWord).join("");
}

/** @param {Word} word */
function writtenWord(word) {
  return word.before + word.text + word.after;
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
