/**
 * One recording: its header, the lanes of its speakers, its text and the panel beside it.
 *
 * Each part of the view is a function that is called with the open recording, fills slots and
 * listens to the model and the player.
 */

import { getJson } from "./api.js";
import { element } from "./elements.js";
import { Player } from "./player.js";
import { TranscriptModel } from "./transcript_model.js";

/**
 * @typedef {object} Slots
 * @property {HTMLElement} header title and facts
 * @property {HTMLElement} actions buttons of the header
 * @property {HTMLElement} lanes
 * @property {HTMLElement} text
 * @property {HTMLElement} side
 *
 * @typedef {object} OpenRecording
 * @property {string} id
 * @property {any} job as the API has it
 * @property {Slots} slots
 * @property {TranscriptModel} model
 * @property {Player} player
 */

/**
 * What fills the slots, in this order.
 *
 * @type {((recording: OpenRecording) => void | Promise<void>)[]}
 */
const PARTS = [];

/**
 * Shows a recording in `main`.
 *
 * @param {HTMLElement} main
 * @param {string} jobId
 */
export async function showRecording(main, jobId) {
  const slots = madeSlots(main);
  const path = `api/v1/jobs/${encodeURIComponent(jobId)}`;
  const { body: job } = await getJson(path);
  const { body: transcript } = await getJson(`${path}/transcript?format=json`);
  const model = new TranscriptModel(transcript);
  const audio = new Audio();
  const player = new Player(audio, job.links.audio ? [`${path}/audio`] : [], model.duration);
  const recording = { id: jobId, job, slots, model, player };
  for (const part of PARTS) await part(recording);
}

/**
 * @param {HTMLElement} main
 * @returns {Slots}
 */
function madeSlots(main) {
  const header = element("div", { class: "recording-title" });
  const actions = element("div", { class: "recording-actions" });
  const lanes = element("section", { class: "recording-lanes", attributes: { "aria-label": "Speakers over time" } });
  const text = element("section", { class: "recording-text", attributes: { "aria-label": "Transcript" } });
  const side = element("aside", { class: "recording-side", attributes: { "aria-label": "About this recording" } });
  const top = element("header", { class: "recording-header" }, [header, actions]);
  const columns = element("div", { class: "recording-columns" }, [text, side]);
  main.replaceChildren(element("article", { class: "recording" }, [top, lanes, columns]));
  return { header, actions, lanes, text, side };
}
