// A quiet recording's outline can be seen, and one click does not hide the speech.

import assert from "node:assert/strict";
import { test } from "node:test";

import { amplified } from "./page/peaks.js";

test("the loudest peak has the full height, and the others are in proportion", () => {
  assert.deepEqual([...amplified(new Uint8Array([0, 17, 51, 34]))], [0, 85, 255, 170]);
  assert.deepEqual([...amplified(new Uint8Array([0, 255]))], [0, 255]);
});

test("a single click is cut off", () => {
  const peaks = new Uint8Array(3000).fill(51);
  peaks[7] = 255;
  const drawn = amplified(peaks);
  assert.equal(drawn[0], 255);
  assert.equal(drawn[7], 255);
});

test("silence stays silence", () => {
  assert.deepEqual([...amplified(new Uint8Array([0, 1, 2]))], [0, 16, 32]);
  assert.deepEqual([...amplified(new Uint8Array([0, 0]))], [0, 0]);
  assert.equal(amplified(new Uint8Array(0)).length, 0);
});
