// Corrections are saved by themselves, again after failures, and together with those of others.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { copiedEdits, noEdits, TranscriptModel } from "./page/transcript_model.js";

/** A server with the corrections of one recording, which can be made to fail. */
class Server {
  constructor() {
    this.base = 1;
    this.revision = 0;
    this.edits = noEdits();
    this.failures = [];
    this.puts = 0;
  }

  get etag() {
    return `"${this.base}-${this.revision}"`;
  }

  async fetch(path, { method, body, headers }) {
    assert.equal(path, "api/v1/jobs/1/edits");
    if (method === "PUT") this.puts += 1;
    const failure = method === "PUT" ? this.failures.shift() : undefined;
    if (failure === "unsent") throw new TypeError("no connection");
    if (method === "PUT") {
      if (failure) return this.answer({ detail: "refused" }, failure);
      const isRepeated = headers["If-Match"] === `"${this.base}-${this.revision - 1}"`
        && JSON.stringify(JSON.parse(body)) === JSON.stringify(this.edits);
      if (!isRepeated && headers["If-Match"] !== this.etag) return this.answer({ detail: this.etag }, 412);
      if (!isRepeated) this.save(JSON.parse(body));
      if (failure === null) throw new TypeError("the answer is lost");
    }
    return this.answer({ ...this.edits, unapplied: [] }, 200);
  }

  save(edits) {
    this.edits = edits;
    this.revision += 1;
  }

  answer(body, status) {
    return new Response(JSON.stringify(body), { status, headers: { ETag: this.etag } });
  }
}

const TRANSCRIPT = {
  media: { duration: 5 },
  speakers: [{ id: "S1", label: "Speaker 1" }],
  segments: [{ id: 0, start: 0, end: 2, text: "Hello there.", speaker: "S1", language: "en", words: [0, 1], flags: [] }],
  words: ["Hello", "there."].map((word, id) => ({ id, word, start: id, end: id + 0.9, confidence: 1 })),
  quality: { suspects: [], uncovered: [] },
};

let server, model, saving, asked, answers, states;

beforeEach(async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  globalThis.window = new EventTarget();
  globalThis.document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  server = new Server();
  globalThis.fetch = (path, request) => server.fetch(path, request);
  const { EditHistory } = await import("./page/edit_history.js");
  const { Saving } = await import("./page/saving.js");
  model = new TranscriptModel(TRANSCRIPT);
  asked = [];
  answers = [];
  states = [];
  saving = new Saving("api/v1/jobs/1", new EditHistory(model), async (collisions) => {
    asked.push(collisions);
    return answers.shift();
  });
  saving.addEventListener("state", () => states.push(saving.state));
  saving.open(server.edits, server.etag);
});

afterEach(() => {
  saving.close();
  mock.timers.reset();
});

/** Lets the time pass, and what waits for the server come to its end. */
async function pass(milliseconds) {
  mock.timers.tick(milliseconds);
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
}

test("a second after the last change it is saved, once", async () => {
  model.correctWord(0, "Hallo");
  await pass(900);
  model.renameSpeaker("S1", "Anna");
  await pass(900);
  assert.equal(server.puts, 0);
  assert.equal(saving.state, "changed");
  await pass(200);
  assert.deepEqual(server.edits, { ...noEdits(), words: { 0: "Hallo" }, speakers: { S1: "Anna" } });
  assert.deepEqual([server.puts, saving.state, saving.isSaved], [1, "saved", true]);
});

test("without a connection it is tried again, later each time, and at once when there is one", async () => {
  server.failures = ["unsent", "unsent", 503, "unsent"];
  model.correctWord(0, "Hallo");
  await pass(1000);
  assert.deepEqual([saving.state, server.puts], ["offline", 1]);
  await pass(1000);
  assert.equal(server.puts, 2);
  await pass(1000);
  assert.equal(server.puts, 2);
  await pass(1000);
  assert.equal(server.puts, 3);
  window.dispatchEvent(new Event("online"));
  await pass(0);
  assert.deepEqual([saving.state, server.puts], ["offline", 4]);
  window.dispatchEvent(new Event("online"));
  await pass(0);
  assert.deepEqual([saving.state, server.edits.words], ["saved", { 0: "Hallo" }]);
});

test("what the server does not take is not sent again until it changes", async () => {
  server.failures = [422];
  model.correctWord(0, "Hallo");
  await pass(1000);
  assert.deepEqual([saving.state, saving.reason], ["refused", "refused"]);
  await pass(60_000);
  assert.equal(server.puts, 1);
  model.correctWord(0, "Hullo");
  await pass(1000);
  assert.equal(saving.state, "saved");
});

test("corrections of another window are joined without a question", async () => {
  server.save({ ...noEdits(), words: { 1: "theirs." } });
  model.correctWord(0, "mine");
  await pass(1000);
  assert.deepEqual(asked, []);
  assert.deepEqual(server.edits.words, { 0: "mine", 1: "theirs." });
  assert.deepEqual(copiedEdits(model.edits), server.edits);
  assert.equal(saving.state, "saved");
});

for (const [side, expected] of [["mine", "mine"], ["theirs", "theirs"]]) {
  test(`where both corrected the same, the choice "${side}" counts`, async () => {
    server.save({ ...noEdits(), words: { 0: "theirs" } });
    answers = [[side]];
    model.correctWord(0, "mine");
    model.correctWord(1, "also.");
    await pass(1000);
    assert.deepEqual(asked.map((each) => each.length), [1]);
    assert.deepEqual(server.edits.words, { 0: expected, 1: "also." });
    assert.equal(model.edits.words[0], expected);
  });
}

test("an own change whose answer was lost does not collide with the next one", async () => {
  server.failures = [null];
  model.correctWord(0, "Hallo");
  await pass(1000);
  assert.deepEqual([saving.state, server.revision], ["offline", 1]);
  model.correctWord(0, "Hullo");
  await pass(1000);
  assert.deepEqual(asked, []);
  assert.deepEqual([saving.state, server.edits.words], ["saved", { 0: "Hullo" }]);
});

test("after a new transcript nothing is sent, since its ids are others", async () => {
  server.base = 2;
  server.revision = 0;
  model.correctWord(0, "Hallo");
  await pass(1000);
  assert.equal(saving.state, "outdated");
  model.correctWord(1, "here.");
  await pass(60_000);
  assert.deepEqual([server.puts, server.edits], [1, noEdits()]);
});

test("a page that is looked at again shows what others corrected", async () => {
  server.save({ ...noEdits(), words: { 1: "theirs." } });
  document.dispatchEvent(new Event("visibilitychange"));
  await pass(0);
  assert.deepEqual(model.edits.words, { 1: "theirs." });
  assert.equal(server.puts, 0);
});

test("leaving the page is asked about while something is not saved", async () => {
  const leave = () => {
    const event = new Event("beforeunload", { cancelable: true });
    window.dispatchEvent(event);
    return event.defaultPrevented;
  };
  assert.equal(leave(), false);
  model.correctWord(0, "Hallo");
  assert.equal(leave(), true);
  await pass(0);
  assert.equal(leave(), false);
});

test("what a session that ended could not save is saved in the next one", async () => {
  server.failures = [401];
  model.correctWord(0, "Hallo");
  await pass(1000);
  assert.equal(saving.state, "refused");
  const { session } = await import("./page/api.js");
  session.dispatchEvent(new Event("begun"));
  await pass(0);
  assert.deepEqual([saving.state, server.edits.words], ["saved", { 0: "Hallo" }]);
});

test("a view that is closed is saved, again without a connection, and whoever opens it anew waits", async () => {
  server.failures = ["unsent"];
  model.correctWord(0, "Hallo");
  saving.close();
  const { whenClosed } = await import("./page/saving.js");
  const opened = whenClosed("api/v1/jobs/1/edits");
  await pass(0);
  await opened;
  assert.equal(saving.state, "offline");
  const leaving = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(leaving);
  assert.equal(leaving.defaultPrevented, true);
  await pass(1000);
  assert.deepEqual([saving.state, server.edits.words], ["saved", { 0: "Hallo" }]);
});
