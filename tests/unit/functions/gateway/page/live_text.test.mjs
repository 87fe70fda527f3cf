// The words of a job at work are in order, and a part that comes changes nothing of the others.

import assert from "node:assert/strict";
import { test } from "node:test";

import { LiveText } from "./page/live_text.js";

const APART = 300; // seconds

const partOf = (part, text, { run = 1, is_aligned = true } = {}) => {
  const start = part * APART;
  const words = text.split(" ").map((word, at) => ({ word, start: start + at, end: start + at + 1, confidence: 1 }));
  const segment = { start, end: start + words.length, language: "en", text, words };
  return { run, part, channel: null, is_aligned, segments: [segment] };
};

const shown = (model) => model.words.map(({ text }) => text).join(" ");

test("parts are shown in the order of their times, whenever they come", () => {
  const live = new LiveText();
  live.add(partOf(2, "good evening"));
  const model = live.add(partOf(0, "good morning"));
  assert.equal(shown(model), "good morning good evening");
  assert.equal(new Set(model.words.map(({ id }) => id)).size, 4);
  assert.equal(model.duration, 2 * APART + 2);
});

test("a part is added to the same model, and leaves the words of the others as they are", () => {
  const live = new LiveText();
  const model = live.add(partOf(1, "good day"));
  const [known] = model.words;
  let changes = 0;
  model.addEventListener("change", () => { changes += 1; });
  assert.equal(live.add(partOf(0, "good morning")), model);
  assert.equal(changes, 1);
  assert.equal(model.words[2], known);
});

test("a part that comes again takes the place of the former one", () => {
  const live = new LiveText();
  live.add(partOf(0, "good mourning", { is_aligned: false }));
  const model = live.add(partOf(0, "good morning"));
  assert.equal(shown(model), "good morning");
  assert.equal(model.segments[0].hasRoughTimes, false);
});

test("a new run begins without the words of the last one", () => {
  const live = new LiveText();
  const model = live.add(partOf(0, "good mourning"));
  const next = live.add(partOf(1, "good day", { run: 2 }));
  assert.notEqual(next, model);
  assert.equal(shown(next), "good day");
});
