/** Numbers of a recording: who talks how long and how fast, and what the transcript took. */

import { element } from "./elements.js";
import { clock, spokenTime } from "./times.js";
import { overlapsOf, turnsOf } from "./turns.js";

/**
 * @typedef {import("./transcript_model.js").TranscriptModel} TranscriptModel
 * @typedef {{name: string, color: number, seconds: number, share: number, turns: number, pace: number | null, overlap: number}} Talk
 */

/** What the columns are, and what they are called in full. */
const COLUMNS = [
  ["Time", "Talk time"],
  ["Share", "Share of all talk time"],
  ["Turns", "Turns"],
  ["Words/min", "Words a minute of talk time"],
  ["Overlap", "Time during which others talk, too"],
];
/** Seconds of talk below which a pace says nothing. */
const LEAST_FOR_PACE = 1;

/**
 * Adds the numbers to the panel beside the text, and keeps them current.
 *
 * @param {import("./recording_view.js").OpenRecording} recording
 * @returns {() => void} a function that ends it
 */
export function numbers({ model, slots }) {
  const heading = element("h2", { text: "Numbers", attributes: { id: "numbers-title" } });
  const talk = element("div");
  const attributes = { "aria-labelledby": "numbers-title" };
  const parts = [heading, talk, ...workOf(model.transcript)];
  slots.side.append(element("section", { class: "numbers", attributes }, parts));
  const stop = new AbortController();
  const draw = () => talk.replaceChildren(talkTable(model));
  model.addEventListener("change", draw, { signal: stop.signal });
  draw();
  return () => stop.abort();
}

/**
 * @param {TranscriptModel} model
 * @returns {Talk[]} one for each speaker
 */
export function talkOf(model) {
  const turns = turnsOf(model);
  const overlaps = overlapsOf(turns);
  const words = wordsOf(model);
  const all = sum(turns);
  return model.speakers.map(({ id, name, color }) => {
    const own = turns.filter((turn) => turn.speaker === id);
    const seconds = sum(own);
    const shared = overlaps.filter(({ speakers }) => speakers.includes(id));
    const count = words.get(id) ?? 0;
    return {
      name,
      color,
      seconds,
      share: all > 0 ? seconds / all : 0,
      turns: own.length,
      pace: seconds >= LEAST_FOR_PACE ? (60 * count) / seconds : null,
      overlap: sum(shared),
    };
  });
}

/**
 * @param {TranscriptModel} model
 * @returns {number} seconds in which nobody talks
 */
export function silenceOf(model) {
  let end = 0;
  let talking = 0;
  for (const turn of turnsOf(model)) {
    talking += Math.max(0, turn.end - Math.max(turn.start, end));
    end = Math.max(end, turn.end);
  }
  return Math.max(0, model.duration - talking);
}

/**
 * @param {TranscriptModel} model
 * @returns {Map<string | null, number>} by speaker
 */
function wordsOf({ paragraphs }) {
  const counts = new Map();
  for (const { speaker, words } of paragraphs) {
    const known = words.filter((word) => word.id !== null).length;
    counts.set(speaker, (counts.get(speaker) ?? 0) + known);
  }
  return counts;
}

/** @param {{start: number, end: number}[]} intervals */
function sum(intervals) {
  return intervals.reduce((seconds, { start, end }) => seconds + end - start, 0);
}

/** @param {TranscriptModel} model */
function talkTable(model) {
  const heads = COLUMNS.map(([text, title]) => element("th", { text, attributes: { scope: "col", title } }));
  const head = element("thead", {}, [element("tr", {}, heads)]);
  const silence = silenceOf(model);
  const quiet = `${clock(silence)} of ${clock(model.duration)} without anyone talking`;
  const caption = element("caption", { text: quiet });
  return element("table", { class: "talk" }, [caption, head, ...talkOf(model).map(speakerRows)]);
}

/** @param {Talk} talk */
function speakerRows({ name, color, seconds, share, turns, pace, overlap }) {
  const attributes = { scope: "rowgroup", colspan: COLUMNS.length, dir: "auto" };
  const title = element("th", { class: "number-name", text: name, attributes });
  const cells = [
    timeCell(seconds),
    element("td", { text: `${Math.round(100 * share)} %` }),
    element("td", { text: turns.toLocaleString("en") }),
    element("td", { text: pace === null ? "–" : String(Math.round(pace)) }),
    timeCell(overlap, overlap < 60 ? `${overlap.toFixed(1)} s` : clock(overlap)),
  ];
  const rows = [element("tr", {}, [title]), element("tr", {}, cells)];
  return element("tbody", { class: `speaker-${color}` }, rows);
}

/**
 * @param {number} seconds
 * @param {string} text
 */
function timeCell(seconds, text = clock(seconds)) {
  return element("td", { text, attributes: { title: spokenTime(seconds) } });
}

// What the transcript took

/** @param {any} transcript */
function workOf({ timings, cost }) {
  const tables = [];
  if (timings?.stages?.length > 0) tables.push(stageTable(timings));
  if (cost) tables.push(costTable(cost));
  if (tables.length === 0) return [];
  const summary = element("summary", { text: cost ? "Time and cost of the work" : "Time of the work" });
  return [element("details", {}, [summary, ...tables])];
}

/** @param {any} timings */
function stageTable({ stages, wall }) {
  /** @type {Map<string, {seconds: number, calls: number}>} */
  const byStage = new Map();
  for (const { stage, seconds, reused } of stages) {
    const before = byStage.get(stage) ?? { seconds: 0, calls: 0 };
    byStage.set(stage, { seconds: before.seconds + (reused ? 0 : seconds), calls: before.calls + 1 });
  }
  const rows = [...byStage].map(([stage, { seconds, calls }]) => workRow(stage, String(calls), inSeconds(seconds)));
  const caption = wall === null ? "Work of each stage" : `Work of each stage. Upload to transcript: ${spokenTime(wall)}`;
  const head = headRow("Stage", "Parts", "Seconds");
  return element("table", { class: "work" }, [element("caption", { text: caption }), head, element("tbody", {}, rows)]);
}

/** @param {any} cost */
function costTable({ currency, total, items, price_table: prices }) {
  const rows = Object.entries(items).map(([name, price]) => workRow(name, inMoney(Number(price))));
  const caption = element("caption", { text: `Cost by list prices (${prices})` });
  const foot = element("tfoot", {}, [workRow("Together", inMoney(total))]);
  const parts = [caption, headRow("For", currency), element("tbody", {}, rows), foot];
  return element("table", { class: "work" }, parts);
}

/** @param {...string} texts */
function headRow(...texts) {
  const heads = texts.map((text) => element("th", { text, attributes: { scope: "col" } }));
  return element("thead", {}, [element("tr", {}, heads)]);
}

/**
 * @param {string} name
 * @param {...string} texts
 */
function workRow(name, ...texts) {
  const head = element("th", { text: name, attributes: { scope: "row" } });
  return element("tr", {}, [head, ...texts.map((text) => element("td", { text }))]);
}

/** @param {number} seconds */
function inSeconds(seconds) {
  return seconds.toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}

/** @param {number} price */
function inMoney(price) {
  return price.toLocaleString("en", { minimumFractionDigits: 4, maximumFractionDigits: 4 });
}
