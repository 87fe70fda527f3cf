// Corrections of two windows are joined key by key, and what collides is told.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cleaned, differences, isSame, merged, nextSpeaker, tidied, withChanges,
} from "./page/edit_changes.js";
import { noEdits } from "./page/transcript_model.js";

const MACHINE = ["S1", "S2", "S3"];

const edits = (fields) => ({ ...noEdits(), ...fields });
const join = (base, mine, theirs) => merged(edits(base), edits(mine), edits(theirs), MACHINE);

test("changes lead from one to the other, and back", () => {
  const before = edits({ speakers: { S1: "Anna" }, words: { 3: "a" }, kept: ["suspect-0"] });
  const after = edits({ speakers: { S1: "Ann" }, words: { 4: "" }, dropped: ["suspect-0", "gap-1"] });
  const changes = differences(before, after);
  assert.equal(changes.length, 5);
  assert.deepEqual(withChanges(before, changes), after);
  assert.deepEqual(withChanges(after, changes, "before"), before);
  assert.deepEqual(differences(before, before), []);
});

test("an order makes no difference", () => {
  assert.ok(isSame(edits({ kept: ["suspect-0", "suspect-1"] }), edits({ kept: ["suspect-1", "suspect-0"] })));
  assert.ok(!isSame(edits({ words: { 1: "" } }), noEdits()));
});

test("corrections of different words are joined", () => {
  const { edits: both, collisions } = join({ words: { 1: "a" } }, { words: { 1: "a", 2: "b" } }, { words: { 1: "a", 3: "c" } });
  assert.deepEqual(both.words, { 1: "a", 2: "b", 3: "c" });
  assert.deepEqual(collisions, []);
});

test("a correction that one window took back stays taken back", () => {
  const base = { words: { 1: "a" }, dropped: ["gap-0"] };
  const { edits: both } = join(base, { words: { 1: "a" }, speakers: { S1: "Anna" }, dropped: ["gap-0"] }, {});
  assert.deepEqual(both, edits({ speakers: { S1: "Anna" } }));
});

test("the same correction in both is no collision", () => {
  const { edits: both, collisions } = join({}, { words: { 1: "a" } }, { words: { 1: "a" } });
  assert.deepEqual(both.words, { 1: "a" });
  assert.deepEqual(collisions, []);
});

test("different corrections of one key collide, and theirs stay until it is decided", () => {
  const mine = { words: { 1: "mine" }, speakers: { S1: "Anna" }, kept: ["suspect-0"], merges: { S3: "S1" } };
  const theirs = { words: { 1: "theirs" }, speakers: { S1: "Bert" }, dropped: ["suspect-0"], merges: { S3: "S2" } };
  const { edits: both, collisions } = join({}, mine, theirs);
  assert.deepEqual(both, edits(theirs));
  assert.deepEqual(
    collisions.map(({ field, id, mine: own, theirs: other }) => [field, id, own, other]),
    [
      ["speakers", "S1", "Anna", "Bert"],
      ["merges", "S3", "S1", "S2"],
      ["words", "1", "mine", "theirs"],
      ["items", "suspect-0", "kept", "dropped"],
    ],
  );
  assert.deepEqual(withChanges(both, collisions, "mine"), edits(mine));
});

test("a removal collides with a correction", () => {
  const { collisions } = join({}, { words: { 1: "" } }, { words: { 1: "b" } });
  assert.deepEqual(collisions, [{ field: "words", id: "1", mine: "", theirs: "b" }]);
  const undone = join({ words: { 1: "a" } }, {}, { words: { 1: "b" } });
  assert.deepEqual(undone.collisions, [{ field: "words", id: "1", mine: null, theirs: "b" }]);
});

test("speakers that both windows added are different people", () => {
  const mine = { sentences: { 1: "S4", 2: "S4" }, speakers: { S4: "Anna" }, merges: { S3: "S4" } };
  const theirs = { sentences: { 7: "S4" }, speakers: { S4: "Bert" } };
  const { edits: both, collisions } = join({}, mine, theirs);
  assert.deepEqual(collisions, []);
  assert.deepEqual(both, edits({
    sentences: { 1: "S5", 2: "S5", 7: "S4" },
    speakers: { S4: "Bert", S5: "Anna" },
    merges: { S3: "S5" },
  }));
});

test("an added speaker that both began with stays the same person", () => {
  const base = { sentences: { 1: "S4" } };
  const { edits: both } = join(base, { sentences: { 1: "S4", 2: "S4" } }, { sentences: { 1: "S4", 7: "S4" } });
  assert.deepEqual(both.sentences, { 1: "S4", 2: "S4", 7: "S4" });
});

test("merges of two windows never form a circle", () => {
  const { edits: both } = join({}, { merges: { S1: "S2" } }, { merges: { S2: "S1" } });
  assert.deepEqual(both.merges, { S2: "S1" });
  const long = join({}, { merges: { S1: "S2", S4: "S1" } }, { merges: { S2: "S3", S3: "S1" } });
  assert.deepEqual(long.edits.merges, { S2: "S3", S3: "S1", S4: "S1" });
});

test("what has lost its object is not sent", () => {
  const given = edits({
    sentences: { "suspect-0": "S4", "suspect-1": "S5", 2: "S1" },
    kept: ["suspect-1"],
    speakers: { S4: "Anna", S5: "Bert", S1: "Cleo" },
    merges: { S4: "S1", S2: "S5", S3: "S4" },
  });
  assert.deepEqual(tidied(given, MACHINE), edits({
    sentences: { "suspect-1": "S5", 2: "S1" },
    kept: ["suspect-1"],
    speakers: { S5: "Bert", S1: "Cleo" },
    merges: { S2: "S5" },
  }));
});

test("a new speaker has the first free number", () => {
  assert.equal(nextSpeaker([]), "S1");
  assert.equal(nextSpeaker(["S1", "S12", "S3"]), "S13");
});

test("typed text becomes a line that the API takes", () => {
  assert.equal(cleaned("  Anna \n\t Weber ", 100), "Anna Weber");
  assert.equal(cleaned("a\u202eb\u2066c\u0000d\u2028e", 100), "abcd e");
  assert.equal(cleaned("👨‍👩‍👧‍👦", 100), "👨‍👩‍👧‍👦");
  assert.equal([...cleaned("👍".repeat(300), 200)].length, 200);
  assert.equal(cleaned("<b>=cmd", 100), "<b>=cmd");
});
