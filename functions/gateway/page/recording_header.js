/** The top of a recording's view: its name, facts about it, and what limits its transcript. */

import { element, link } from "./elements.js";
import { clock, hashOfSeconds, spokenTime } from "./times.js";

/** @typedef {import("./transcript_model.js").TranscriptModel} TranscriptModel */

/**
 * @param {any} job
 * @returns {HTMLElement[]} a way back and the name
 */
export function titleOf(job) {
  const name = job.name.split("/").at(-1) || job.name;
  const folder = job.name.slice(0, -name.length);
  document.title = `${name} – Dropscribe`;
  const heading = element("h1", { text: name, attributes: { dir: "auto" } });
  const place = element("p", { class: "folder", text: folder, attributes: { dir: "auto" } });
  return folder === "" ? [heading] : [place, heading];
}

/**
 * @param {any} job
 * @param {TranscriptModel} model
 * @returns {HTMLElement} when, how long, in which language, and of how many speakers
 */
export function factsOf(job, model) {
  const { transcript } = model;
  const facts = [
    dateOf(job.created),
    spokenTime(model.duration),
    languageOf(transcript.language),
    counted(model.speakers.length, "speaker"),
    counted(model.words.length, "word"),
  ];
  const items = facts.filter((fact) => fact !== "").map((text) => element("li", { text }));
  return element("ul", { class: "facts" }, items);
}

/** @param {string} time */
function dateOf(time) {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** @param {{code: string | null, method: string}} language */
function languageOf(language) {
  if (language.method === "multi") return "several languages";
  return language.code === null ? "" : nameOfLanguage(language.code);
}

/** @param {string} code */
function nameOfLanguage(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
  } catch {
    return code; // no code that the browser knows
  }
}

/**
 * @param {number} number
 * @param {string} unit
 */
function counted(number, unit) {
  return `${number.toLocaleString("en")} ${unit}${number === 1 ? "" : "s"}`;
}

/**
 * @param {TranscriptModel} model
 * @returns {HTMLElement | null} the transcript's warnings; null if it has none
 */
export function warningsOf(model) {
  const warnings = model.transcript.warnings ?? [];
  if (warnings.length === 0) return null;
  const number = warnings.length === 1 ? "One note" : `${warnings.length} notes`;
  const summary = element("summary", { text: `${number} on this transcript` });
  const items = warnings.map(warningItem);
  const list = element("ul", {}, items);
  const attributes = { open: warnings.length < 4 };
  return element("details", { class: "warnings", attributes }, [summary, list]);
}

/** @param {{message: string, span: {start: number, end: number} | null}} warning */
function warningItem({ message, span }) {
  const item = element("li", {}, [element("span", { text: message, attributes: { dir: "auto" } })]);
  if (span !== null && span !== undefined) {
    const times = `${clock(span.start)}–${clock(span.end)}`;
    item.append(" ", link(times, hashOfSeconds(span.start)));
  }
  return item;
}
