// The deployment: its version, whether its parts answer, its limits, what it did, and its documentation.

import { may } from "./account.js";
import { getJson } from "./api.js";
import { element, link } from "./elements.js";
import { factList, fill, section } from "./settings_parts.js";
import { spokenTime } from "./times.js";
import { sizeText, stateText } from "./words.js";

export function deploymentSection() {
  const made = section("This deployment", "");
  const health = element("div");
  const limits = element("div");
  const figures = element("div");
  const links = element("p", { class: "links" }, [
    link("API documentation", "docs"), link("The same as a reference", "redoc"),
    link("OpenAPI document", "openapi.json"),
  ]);
  made.append(health, limits, figures, links);
  for (const anchor of links.children) anchor.setAttribute("target", "_blank");
  fill(health, healthFacts);
  fill(limits, limitFacts);
  if (may("read")) fill(figures, dayFigures);
  return made;
}

async function healthFacts() {
  const { status, version, parts } = await getJson("health");
  const states = parts.map((/** @type {any} */ part) => {
    const text = part.ready ? "answers" : "does not answer";
    return [`${part.name[0].toUpperCase()}${part.name.slice(1)}`, mark(text, part.ready)];
  });
  const all = status === "ok" ? mark("works", true) : mark("a part does not answer", false);
  return [factList([["Version", version], ["Health", all], ...states])];
}

/** @param {string} text @param {boolean} isGood */
function mark(text, isGood) {
  return element("span", { class: isGood ? "health good" : "health bad", text });
}

async function limitFacts() {
  const limits = await getJson("api/v1/limits");
  const form = limits.max_form_megabytes;
  const heading = element("h3", { text: "What it takes and keeps" });
  return [heading, factList([
    ["Largest recording", sizeText(limits.max_gigabytes * 1e9)],
    ["Largest upload by a form", form === null ? "" : sizeText(form * 1e6)],
    ["Longest recording", spokenTime(limits.max_hours * 3600)],
    ["Requests of one key", `${limits.requests_per_minute.toLocaleString("en")} a minute`],
    ["Transcripts stay", limits.keep_answer_days === null ? "until they are erased" : days(limits.keep_answer_days)],
    ["The copy that was transcribed stays", days(limits.keep_work_days)],
    ["Jobs without a transcript are shown for", days(limits.keep_job_days)],
  ])];
}

/** @param {number} number */
function days(number) {
  return number === 1 ? "1 day" : `${number} days`;
}

async function dayFigures() {
  const { jobs, ended } = await getJson("api/v1/metrics/");
  const counts = Object.entries(jobs).filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${stateText(state).toLowerCase()}`);
  const heard = spokenTime(ended.audio_seconds);
  const cost = ended.cost_usd > 0 ? `${ended.cost_usd.toFixed(2)} USD` : "";
  const heading = element("h3", { text: "What it does" });
  return [heading, factList([
    ["Recordings", counts.join(", ") || "none"],
    ["Transcribed in the last 24 hours", ended.audio_seconds > 0 ? heard : "nothing"],
    ["Cost of these", cost],
  ])];
}
