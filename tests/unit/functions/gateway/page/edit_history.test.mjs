// Each correction is taken back and made again, and those of other windows stay.

import assert from "node:assert/strict";
import { test } from "node:test";

import { EditHistory } from "./page/edit_history.js";
import { TranscriptModel } from "./page/transcript_model.js";

const WORDS = ["Hello", "there."].map((word, id) => ({ id, word, start: id, end: id + 0.9, confidence: 1 }));
const TRANSCRIPT = {
  media: { duration: 5 },
  speakers: [{ id: "S1", label: "Speaker 1" }, { id: "S2", label: "Speaker 2" }],
  segments: [{ id: 0, start: 0, end: 2, text: "Hello there.", speaker: "S1", language: "en", words: [0, 1], flags: [] }],
  words: WORDS,
  quality: { suspects: [], uncovered: [] },
};

function opened() {
  const model = new TranscriptModel(TRANSCRIPT);
  return { model, history: new EditHistory(model) };
}

test("corrections are taken back and made again in their order", () => {
  const { model, history } = opened();
  model.renameSpeaker("S1", "Anna");
  model.correctWord(0, "Hallo");
  model.correctWord(0, "Hullo");
  assert.deepEqual(history.undo().map(({ id, before }) => [id, before]), [["0", "Hallo"]]);
  assert.equal(model.edits.words[0], "Hallo");
  history.undo();
  history.undo();
  assert.deepEqual([model.edits.words, model.edits.speakers], [{}, {}]);
  assert.equal(history.canUndo, false);
  assert.deepEqual(history.undo(), []);
  for (let count = 0; count < 3; count += 1) history.redo();
  assert.deepEqual([model.edits.words, model.edits.speakers], [{ 0: "Hullo" }, { S1: "Anna" }]);
  assert.equal(history.canRedo, false);
});

test("after a new correction there is nothing to make again", () => {
  const { model, history } = opened();
  model.correctWord(0, "Hallo");
  history.undo();
  model.correctWord(1, "here.");
  assert.equal(history.canRedo, false);
  assert.deepEqual(history.redo(), []);
});

test("what another window corrected is not taken back", () => {
  const { model, history } = opened();
  model.correctWord(0, "Hallo");
  history.takeOver({ ...model.edits, words: { ...model.edits.words, 1: "theirs." } });
  history.undo();
  assert.deepEqual(model.edits.words, { 1: "theirs." });
  assert.equal(history.canUndo, false);
});

test("a change that changes nothing is not remembered", () => {
  const { model, history } = opened();
  model.correctWord(0, "Hello");
  assert.equal(history.canUndo, false);
});
