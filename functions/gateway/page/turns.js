/**
 * Who talks when, as corrected: the turns that the lanes show and that the numbers count.
 *
 * The same as `correct_turns()` of shared/formats/corrected_turns.py and `find_overlaps()` of
 * shared/model/turns.py, which a test compares. Times are in seconds.
 */

/** Seconds of silence that do not end a turn. */
const TURN_PAUSE = 0.25;
/** What is left of a turn around a sentence that was given away, if it is shorter, is no turn. */
const LEFT_OVER = 1;

/**
 * @typedef {import("./transcript_model.js").TranscriptModel} TranscriptModel
 * @typedef {{start: number, end: number}} Interval
 * @typedef {{start: number, end: number, speaker: string}} Turn
 * @typedef {{start: number, end: number, speakers: string[]}} Overlap
 */

/** @type {WeakMap<TranscriptModel, {cause: string, turns: Turn[]}>} the last ones, and their corrections */
const lastTurns = new WeakMap();
/** @type {WeakMap<Turn[], Overlap[]>} by turns */
const knownOverlaps = new WeakMap();

/**
 * @param {TranscriptModel} model
 * @returns {Turn[]} in order of start; the same array until a correction concerns turns
 */
export function turnsOf(model) {
  const { merges, sentences, dropped } = model.edits;
  const cause = JSON.stringify([merges, sentences, dropped]);
  const last = lastTurns.get(model);
  if (last?.cause === cause) return last.turns;
  const turns = correctedTurns(model);
  lastTurns.set(model, { cause, turns });
  return turns;
}

/**
 * @param {TranscriptModel} model
 * @returns {Turn[]} in order of start
 */
function correctedTurns(model) {
  const { transcript, edits } = model;
  const merged = (/** @type {string} */ id) => model.mergedId(id) ?? id;
  const given = givenSegments(model);
  const concerned = new Set([
    ...Object.keys(edits.merges),
    ...given.map(({ speaker }) => speaker).filter((speaker) => speaker !== null),
    ...given.map(({ id }) => edits.sentences[id]),
  ]);
  const changed = new Set([...concerned].map(merged));
  /** @type {Turn[]} */
  const turns = transcript.turns.filter((/** @type {Turn} */ turn) => !changed.has(merged(turn.speaker)));
  for (const speaker of changed) {
    const own = [...allIds(model)].filter((id) => merged(id) === speaker);
    const intervals = own.flatMap((id) => intervalsOf(id, given, model));
    for (const interval of union(intervals, TURN_PAUSE)) turns.push({ ...interval, speaker });
  }
  return turns.sort((one, other) => one.start - other.start || one.end - other.end);
}

/**
 * @param {TranscriptModel} model
 * @returns {Map<string, number>} seconds of talk by speaker
 */
export function talkTimesOf(model) {
  const seconds = new Map();
  for (const { speaker, start, end } of turnsOf(model)) {
    seconds.set(speaker, (seconds.get(speaker) ?? 0) + end - start);
  }
  return seconds;
}

/**
 * @param {Turn[]} turns
 * @returns {Overlap[]} where at least two talk at once, split where a speaker starts or stops
 */
export function overlapsOf(turns) {
  const known = knownOverlaps.get(turns) ?? foundOverlaps(turns);
  knownOverlaps.set(turns, known);
  return known;
}

/**
 * @param {Turn[]} turns
 * @returns {Overlap[]}
 */
function foundOverlaps(turns) {
  const changes = turns.flatMap(({ start, end, speaker }) => [
    { at: start, by: 1, speaker },
    { at: end, by: -1, speaker },
  ]);
  changes.sort((one, other) => one.at - other.at || one.by - other.by);
  /** @type {Map<string, number>} */
  const talking = new Map();
  const overlaps = [];
  for (const [index, { at, by, speaker }] of changes.entries()) {
    const count = (talking.get(speaker) ?? 0) + by;
    if (count > 0) talking.set(speaker, count);
    else talking.delete(speaker);
    const end = changes[index + 1]?.at ?? at;
    if (talking.size > 1 && end > at) overlaps.push({ start: at, end, speakers: [...talking.keys()].sort() });
  }
  return overlaps;
}

/** @param {TranscriptModel} model */
function allIds({ transcript, edits }) {
  const talking = transcript.turns.map((/** @type {Turn} */ turn) => turn.speaker);
  return new Set([...talking, ...Object.values(edits.sentences), ...Object.keys(edits.merges)]);
}

/**
 * @param {TranscriptModel} model
 * @returns {any[]} segments that were given to another speaker than their own
 */
function givenSegments(model) {
  const { transcript, edits } = model;
  const dropped = new Set(edits.dropped);
  return transcript.segments.filter((/** @type {any} */ { id, speaker }) => {
    const receiver = edits.sentences[id];
    if (receiver === undefined || dropped.has(`segment-${id}`)) return false;
    return model.mergedId(receiver) !== model.mergedId(speaker);
  });
}

/**
 * @param {string} speaker
 * @param {any[]} given segments
 * @param {TranscriptModel} model
 * @returns {Interval[]} the speaker's turns without what was given away, and what the speaker was given
 */
function intervalsOf(speaker, given, { transcript, edits }) {
  const own = transcript.turns.filter((/** @type {Turn} */ turn) => turn.speaker === speaker);
  const taken = given.filter((segment) => segment.speaker === speaker);
  const received = given.filter((segment) => edits.sentences[segment.id] === speaker);
  const others = transcript.segments.filter(
    (/** @type {any} */ segment) => segment.speaker === speaker && !taken.includes(segment),
  );
  const kept = taken.length === 0 ? own : withoutSentences(own, taken, others);
  const spoken = received.filter(({ start, end }) => start < end);
  return [...kept, ...spoken].map(({ start, end }) => ({ start, end }));
}

/**
 * @param {Interval[]} own
 * @param {Interval[]} taken
 * @param {Interval[]} others
 */
function withoutSentences(own, taken, others) {
  const whole = union(own);
  return subtract(whole, union(taken)).filter((piece) => {
    const isCut = !whole.some(({ start, end }) => start === piece.start && end === piece.end);
    const isSilent = !others.some(({ start, end }) => start < piece.end && end > piece.start);
    return !(isCut && isSilent && piece.end - piece.start < LEFT_OVER);
  });
}

/**
 * @param {Interval[]} intervals
 * @param {number} pause between two that become one
 */
function union(intervals, pause = 0) {
  const sorted = intervals.filter(({ start, end }) => start < end).sort((one, other) => one.start - other.start);
  /** @type {Interval[]} */
  const joined = [];
  for (const { start, end } of sorted) {
    const last = joined[joined.length - 1];
    if (last !== undefined && start <= last.end + pause) {
      last.end = Math.max(last.end, end);
    } else {
      joined.push({ start, end });
    }
  }
  return joined;
}

/**
 * @param {Interval[]} intervals in order
 * @param {Interval[]} taken in order
 */
function subtract(intervals, taken) {
  return intervals.flatMap(({ start, end }) => {
    const pieces = [];
    let at = start;
    for (const gap of taken) {
      if (gap.end <= at || gap.start >= end) continue;
      if (gap.start > at) pieces.push({ start: at, end: gap.start });
      at = gap.end;
    }
    if (at < end) pieces.push({ start: at, end });
    return pieces;
  });
}
