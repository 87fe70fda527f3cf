// From where a recording is heard, by what the browser can play.

import assert from "node:assert/strict";
import { test } from "node:test";
import { soundAddresses } from "./page/sound_problem.js";

const PATH = "api/v1/jobs/1/audio";
const COPY = `${PATH}?format=wav`;
const plays = (answer) => ({ canPlayType: () => answer });

test("the recording is tried first, and then the copy that was transcribed", () => {
  assert.deepEqual(soundAddresses(plays(""), PATH, "opus"), [PATH, COPY]);
  assert.deepEqual(soundAddresses(plays("probably"), PATH, "ac3"), [PATH, COPY]);
  assert.deepEqual(soundAddresses(plays(""), PATH, undefined), [PATH, COPY]);
});

test("a codec that the browser lacks is not tried: it might play pictures without sound", () => {
  assert.deepEqual(soundAddresses(plays(""), PATH, "ac3"), [COPY]);
});

test("a recording that was deleted is heard from nowhere", () => {
  assert.deepEqual(soundAddresses(plays(""), null, "ac3"), []);
});
