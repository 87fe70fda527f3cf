// Reads [{transcript, edits}] and writes what the page's model makes of each. The model reuses what a
// correction does not concern, so it must make the same of edits that replace others.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { textOf } from "../../functions/gateway/page/paragraphs.js";
import { TranscriptModel } from "../../functions/gateway/page/transcript_model.js";
import { talkOf } from "../../functions/gateway/page/numbers.js";
import { overlapsOf, turnsOf } from "../../functions/gateway/page/turns.js";

function shown({ transcript, edits }, earlier) {
  const changed = new TranscriptModel(transcript, earlier);
  textAndNumbers(changed);
  changed.replaceEdits(edits);
  assert.deepEqual(textAndNumbers(changed), textAndNumbers(new TranscriptModel(transcript, changed.edits)));
  return textAndNumbers(new TranscriptModel(transcript, edits));
}

function textAndNumbers(model) {
  const turns = turnsOf(model);
  return {
    speakers: model.speakers.map(({ id, name }) => [id, name]),
    paragraphs: model.paragraphs.map((paragraph) => [
      paragraph.start,
      paragraph.speaker,
      textOf(paragraph),
    ]),
    words: model.words.filter(({ id }) => id !== null).map(({ id, text }) => [id, text]),
    sentences: model.segments.map(({ id, text }) => [String(id), text]),
    turns: turns.map(({ start, end, speaker }) => [start, end, speaker]),
    overlaps: overlapsOf(turns).map(({ start, end, speakers }) => [start, end, ...speakers]),
    numbers: talkOf(model).map(({ seconds, turns: count, overlap }) => [
      Math.round(seconds * 1000),
      count,
      Math.round(overlap * 1000),
    ]),
  };
}

const cases = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map((each, index) => shown(each, cases[index - 1]?.edits))));
