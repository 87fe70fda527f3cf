/**
 * Compares and combines corrections: what changed, what two windows changed, and where they collide.
 *
 * Corrections are compared key by key. A key is a field and an id, such as "words 12", and its value
 * a text; "items suspect-0" has the value "kept" or "dropped".
 */

import { copiedEdits, noEdits } from "./transcript_model.js";

/**
 * @typedef {import("./transcript_model.js").Edits} Edits
 *
 * @typedef {object} Change
 * @property {string} field speakers, merges, words, sentences or items
 * @property {string} id
 * @property {string | null} before null: nothing was corrected there
 * @property {string | null} after
 *
 * @typedef {object} Collision a key to which two windows gave different values
 * @property {string} field
 * @property {string} id
 * @property {string | null} mine
 * @property {string | null} theirs
 */

const FIELDS = /** @type {const} */ (["speakers", "merges", "words", "sentences"]);

/**
 * @param {Edits} edits
 * @returns {Map<string, string>} values by key
 */
function flattened(edits) {
  const values = new Map();
  for (const field of FIELDS) {
    for (const [id, value] of Object.entries(edits[field])) values.set(`${field} ${id}`, value);
  }
  for (const id of edits.kept) values.set(`items ${id}`, "kept");
  for (const id of edits.dropped) values.set(`items ${id}`, "dropped");
  return values;
}

/**
 * @param {Map<string, string>} values by key
 * @returns {Edits}
 */
function unflattened(values) {
  const edits = noEdits();
  for (const [key, value] of values) {
    const [field, id] = key.split(" ");
    if (field === "items") {
      edits[/** @type {"kept" | "dropped"} */ (value)].push(id);
    } else {
      edits[/** @type {"words"} */ (field)][id] = value;
    }
  }
  return edits;
}

/**
 * @param {Edits} before
 * @param {Edits} after
 * @returns {Change[]} what leads from the one to the other
 */
export function differences(before, after) {
  const old = flattened(before);
  const current = flattened(after);
  const keys = new Set([...old.keys(), ...current.keys()]);
  const changes = [];
  for (const key of keys) {
    const [field, id] = key.split(" ");
    const change = { field, id, before: old.get(key) ?? null, after: current.get(key) ?? null };
    if (change.before !== change.after) changes.push(change);
  }
  return changes;
}

/**
 * @param {Edits} one
 * @param {Edits} other
 */
export function isSame(one, other) {
  return differences(one, other).length === 0;
}

/**
 * @param {Edits} edits
 * @param {{field: string, id: string, [side: string]: string | null}[]} changes
 * @param {string} side which value of a change is taken: "after", or "before" to take it back
 * @returns {Edits} with the changes
 */
export function withChanges(edits, changes, side = "after") {
  const values = flattened(edits);
  for (const change of changes) {
    const key = `${change.field} ${change.id}`;
    const value = change[side];
    if (value === null) {
      values.delete(key);
    } else {
      values.set(key, value);
    }
  }
  return unflattened(values);
}

/**
 * Combines what two windows made of the same corrections.
 *
 * @param {Edits} base what both began with
 * @param {Edits} mine
 * @param {Edits} theirs
 * @param {string[]} machineSpeakers ids of the transcript's own speakers
 * @returns {{edits: Edits, collisions: Collision[]}} theirs, with all of mine that does not collide
 */
export function merged(base, mine, theirs, machineSpeakers) {
  const own = withOwnSpeakers(base, mine, theirs, machineSpeakers);
  const theirChanges = new Map();
  for (const change of differences(base, theirs)) {
    theirChanges.set(`${change.field} ${change.id}`, change.after);
  }
  const free = [];
  const collisions = [];
  for (const { field, id, before, after } of differences(base, own)) {
    const key = `${field} ${id}`;
    if (!theirChanges.has(key)) {
      free.push({ field, id, before, after });
    } else if (theirChanges.get(key) !== after) {
      collisions.push({ field, id, mine: after, theirs: theirChanges.get(key) });
    }
  }
  return { edits: withoutCircles(withChanges(theirs, free), theirs), collisions };
}

/**
 * Gives another id to each speaker that both windows added, since they are different people.
 *
 * @param {Edits} base
 * @param {Edits} mine
 * @param {Edits} theirs
 * @param {string[]} machineSpeakers
 * @returns {Edits} mine
 */
function withOwnSpeakers(base, mine, theirs, machineSpeakers) {
  const known = new Set([...machineSpeakers, ...Object.values(base.sentences)]);
  const theirIds = new Set(Object.values(theirs.sentences));
  const used = new Set([...known, ...theirIds, ...Object.values(mine.sentences)]);
  let own = mine;
  for (const id of new Set(Object.values(mine.sentences))) {
    if (known.has(id) || !theirIds.has(id)) continue;
    const free = nextSpeaker(used);
    used.add(free);
    own = withSpeakerId(own, id, free);
  }
  return own;
}

/**
 * @param {Iterable<string>} used
 * @returns {string} the first id that no speaker has
 */
export function nextSpeaker(used) {
  const numbers = [...used].map((id) => Number(id.slice(1)));
  return `S${Math.max(0, ...numbers) + 1}`;
}

/**
 * @param {Edits} edits
 * @param {string} from
 * @param {string} to
 * @returns {Edits} in which a speaker has another id
 */
function withSpeakerId(edits, from, to) {
  const other = (/** @type {string} */ id) => (id === from ? to : id);
  const entries = (/** @type {Record<string, string>} */ values) => Object.entries(values);
  const named = entries(edits.speakers).map(([id, name]) => [other(id), name]);
  const into = entries(edits.merges).map(([id, target]) => [other(id), other(target)]);
  const given = entries(edits.sentences).map(([id, speaker]) => [id, other(speaker)]);
  return {
    ...edits,
    speakers: Object.fromEntries(named),
    merges: Object.fromEntries(into),
    sentences: Object.fromEntries(given),
  };
}

/**
 * @param {Edits} edits
 * @param {Edits} theirs whose own merges form no circle
 * @returns {Edits} without those of the other merges that form one
 */
function withoutCircles(edits, theirs) {
  const all = Object.entries(edits.merges);
  const merges = Object.fromEntries(all.filter(([from, into]) => theirs.merges[from] === into));
  for (const [from, into] of all) {
    if (!reaches(into, from, merges)) merges[from] = into;
  }
  return { ...edits, merges };
}

/**
 * @param {string} start
 * @param {string} end
 * @param {Record<string, string>} merges
 */
function reaches(start, end, merges) {
  let id = start;
  while (id !== end && id in merges) id = merges[id];
  return id === end;
}

/**
 * @param {Edits} edits
 * @param {string[]} machineSpeakers
 * @returns {Edits} a copy without what has lost its object: the speaker of a suspect that is not kept, and
 *   the name of a speaker to whom no sentence is left
 */
export function tidied(edits, machineSpeakers) {
  const kept = new Set(edits.kept);
  const isThere = (/** @type {[string, string]} */ [id]) => !id.startsWith("suspect-") || kept.has(id);
  const sentences = Object.fromEntries(Object.entries(edits.sentences).filter(isThere));
  const known = new Set([...machineSpeakers, ...Object.values(sentences)]);
  const named = Object.entries(edits.speakers).filter(([id]) => known.has(id));
  const into = Object.entries(edits.merges).filter(([id, target]) => known.has(id) && known.has(target));
  return copiedEdits({
    ...edits,
    speakers: Object.fromEntries(named),
    merges: Object.fromEntries(into),
    sentences,
  });
}

/** Control characters, line breaks, and marks that turn the direction of what follows them. */
const UNWANTED = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/**
 * @param {string} text as somebody typed it
 * @param {number} length at most so many characters
 * @returns {string} a line that the API takes
 */
export function cleaned(text, length) {
  const line = text.replace(/\s+/gu, " ").replace(UNWANTED, "").trim();
  return [...line].slice(0, length).join("").trim();
}
