/** Says in words what was corrected. */

import { clock } from "./times.js";

/**
 * @typedef {import("./transcript_model.js").TranscriptModel} TranscriptModel
 */

/** Characters of a sentence that are enough to know it by. */
const ENOUGH = 60;

/**
 * @param {{field: string, id: string}} change
 * @param {TranscriptModel} model
 * @returns {string} what it is about, such as "the word “bridge” at 1:23"
 */
export function subjectOf({ field, id }, model) {
  const { transcript } = model;
  switch (field) {
    case "words": {
      const word = transcript.words[Number(id)];
      return word ? `the word ${quoted(word.word)} at ${clock(word.start)}` : "a word";
    }
    case "speakers":
      return `the name of ${machineName(id, model)}`;
    case "merges":
      return `who ${machineName(id, model)} is`;
    case "sentences":
      return `the speaker of ${sentence(id, model)}`;
    default:
      return itemOf(id, model);
  }
}

/**
 * @param {{field: string, id: string}} change
 * @param {string | null} value
 * @param {TranscriptModel} model
 * @returns {string} such as "“fridge”", "removed", "Anna Weber"
 */
export function valueOf({ field, id }, value, model) {
  switch (field) {
    case "words":
      if (value === "") return "removed";
      return quoted(value ?? model.transcript.words[Number(id)]?.word ?? "");
    case "speakers":
      return value ?? machineName(id, model);
    case "merges":
      return value === null ? "a speaker of their own" : `the same as ${model.nameOf(value)}`;
    case "sentences":
      return value === null ? "as it was heard" : model.nameOf(value);
    default:
      if (value === null) return "still open";
      return value === "kept" ? "kept" : "thrown away";
  }
}

/**
 * @param {string} id such as "suspect-0", "gap-3", "segment-7"
 * @param {TranscriptModel} model
 */
function itemOf(id, model) {
  const [kind, number] = id.split("-");
  if (kind === "segment") return sentence(number, model);
  if (kind === "suspect") return sentence(id, model);
  const gap = model.transcript.quality.uncovered[Number(number)];
  return gap ? `the speech without words at ${clock(gap.start)}` : "speech without words";
}

/**
 * @param {string} id of a segment or of a suspect
 * @param {TranscriptModel} model
 */
function sentence(id, { transcript }) {
  const { suspects } = transcript.quality;
  const isSuspect = id.startsWith("suspect-");
  const found = isSuspect ? suspects[Number(id.slice(8))] : transcript.segments[Number(id)];
  return found ? `the sentence ${quoted(shortened(found.text))} at ${clock(found.start)}` : "a sentence";
}

/**
 * @param {string} id
 * @param {TranscriptModel} model
 */
function machineName(id, { transcript }) {
  const speaker = transcript.speakers.find((/** @type {any} */ each) => each.id === id);
  return speaker?.label ?? `Speaker ${id.slice(1)}`;
}

/** @param {string} text */
export function shortened(text) {
  const characters = [...text];
  return characters.length <= ENOUGH ? text : `${characters.slice(0, ENOUGH).join("")}…`;
}

/**
 * @param {string} text
 * @returns {string} in quotation marks, which isolate its direction
 */
export function quoted(text) {
  return `“\u2068${text}\u2069”`;
}
