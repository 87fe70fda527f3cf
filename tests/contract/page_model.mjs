// Reads [{transcript, edits}] and writes what the page's model makes of each.

import { readFileSync } from "node:fs";
import { TranscriptModel, textOf } from "../../functions/gateway/page/transcript_model.js";

function shown({ transcript, edits }) {
  const model = new TranscriptModel(transcript, edits);
  return {
    speakers: model.speakers.map(({ id, name }) => [id, name]),
    paragraphs: model.paragraphs.map((paragraph) => [
      paragraph.start,
      paragraph.speaker,
      textOf(paragraph),
    ]),
    words: model.words.filter(({ id }) => id !== null).map(({ id, text }) => [id, text]),
    sentences: model.segments.map(({ id, text }) => [String(id), text]),
  };
}

const cases = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(cases.map(shown)));
