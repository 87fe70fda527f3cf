/** The lanes of a recording: its waveform, who talks when, and a place to jump to any second. */

import { ApiProblem, getBytes } from "./api.js";
import { button, element } from "./elements.js";
import { LanesControls } from "./lanes_controls.js";
import { LanesView } from "./lanes_view.js";
import { STRIP_HEIGHT, drawLines, drawSmall, drawSound, fitted, wholeHeight } from "./lanes_drawing.js";
import { amplified } from "./peaks.js";
import { clock, spokenTime } from "./times.js";
import { overlapsOf, turnsOf } from "./turns.js";

const OLDER = "There is no waveform: the transcript is older than waveforms are. A new run makes one.";
const MINIMAP_HEIGHT = 28;
/** Lanes that stay at the top of the window while the text is scrolled, at most. */
const FEW = 5;

/**
 * @typedef {import("./recording_view.js").OpenRecording} OpenRecording
 * @typedef {import("./lanes_drawing.js").Sound} Sound
 */

/**
 * Fills the slot of the lanes.
 *
 * @param {OpenRecording} recording
 * @returns {() => void} a function that ends it
 */
export function lanes(recording) {
  const shown = new Lanes(recording);
  loadPeaks(recording.id, shown);
  return () => shown.close();
}

/**
 * @param {string} id
 * @param {Lanes} shown
 */
async function loadPeaks(id, shown) {
  try {
    const peaks = await getBytes(`api/v1/jobs/${encodeURIComponent(id)}/peaks`);
    shown.showPeaks(peaks);
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    shown.sayNoPeaks(error.status === 404 ? OLDER : `The waveform cannot be shown. ${error.message}`);
  }
}

class Lanes {
  #stop = new AbortController();
  #recording;
  #view;
  /** @type {Sound} */
  #sound;
  #controls;
  /** @type {Set<string>} what is to be drawn in the next frame */
  #due = new Set();
  #frame = 0;
  #wasInSight = true;
  #width = 0;
  #names = element("ul", { class: "lane-names", attributes: { "aria-hidden": "true" } });
  #still = element("canvas", { attributes: { "aria-hidden": "true" } });
  #moving = element("canvas", { class: "lanes-lines", attributes: { "aria-hidden": "true" } });
  #hint = element("div", { class: "lanes-hint", attributes: { "aria-hidden": "true", hidden: true } });
  #minimap = element("canvas", { class: "lanes-small", attributes: { "aria-hidden": "true" } });
  #window = element("div", { class: "lanes-window" });
  #description = element("p", { class: "visually-hidden", attributes: { id: "lanes-description" } });
  #note = element("p", { class: "lanes-note", attributes: { hidden: true } });

  /** @param {OpenRecording} recording */
  constructor(recording) {
    this.#recording = recording;
    this.#view = new LanesView(recording.player.duration);
    this.#sound = this.#measured(null);
    this.board = this.#madeBoard();
    this.overview = element("div", { class: "lanes-overview", attributes: { hidden: true } }, [
      this.#minimap,
      this.#window,
    ]);
    this.#controls = new LanesControls(this.board, this.overview, this.#view, recording);
    const tools = this.#madeTools(this.#controls);
    const body = element("div", { class: "lanes-body" }, [this.#names, this.board, this.#note]);
    recording.slots.lanes.replaceChildren(tools, body, this.overview, this.#description);
    this.#listen();
    this.#describe();
    this.#resize();
  }

  /** @param {Uint8Array} peaks */
  showPeaks(peaks) {
    this.#sound = { ...this.#sound, peaks: amplified(peaks) };
    this.#describe();
    this.#drawSoon("sound", "small");
  }

  /** @param {string} reason */
  sayNoPeaks(reason) {
    this.#note.textContent = reason;
    this.#note.hidden = false;
  }

  close() {
    this.#stop.abort();
    cancelAnimationFrame(this.#frame);
  }

  // Elements

  #madeBoard() {
    const attributes = {
      role: "slider",
      tabindex: 0,
      "aria-label": "Place in the recording",
      "aria-describedby": "lanes-description",
      "aria-valuemin": 0,
      "aria-valuenow": 0,
      "aria-valuemax": 0,
    };
    return element("div", { class: "lanes-board", attributes }, [this.#still, this.#moving, this.#hint]);
  }

  /** @param {LanesControls} controls */
  #madeTools(controls) {
    const named = (/** @type {string} */ name) => ({
      class: "quiet lanes-tool",
      attributes: { "aria-label": name, title: name },
    });
    this.closer = button("+", () => controls.zoomIn(), named("Zoom in"));
    this.wider = button("−", () => controls.zoomOut(), named("Zoom out"));
    this.whole = button("Show all", () => controls.showAll(), { class: "quiet lanes-tool" });
    this.sight = element("span", { class: "lanes-sight", attributes: { role: "status" } });
    return element("div", { class: "lanes-tools" }, [this.sight, this.wider, this.closer, this.whole]);
  }

  // What is shown

  /** @param {Uint8Array | null} peaks */
  #measured(peaks) {
    const { model, player } = this.#recording;
    const turns = turnsOf(model);
    const talking = new Set(turns.map((turn) => turn.speaker));
    const speakers = model.speakers.filter(({ id }) => talking.has(id));
    const laneHeight = speakers.length > 6 ? 18 : 24;
    const { duration } = player;
    return { duration, peaks, turns, overlaps: overlapsOf(turns), speakers, laneHeight };
  }

  #describe() {
    const { model } = this.#recording;
    const { speakers, duration, peaks, turns } = this.#sound;
    const names = speakers.map(({ id, color }) => {
      const name = model.nameOf(id);
      const label = element("span", { text: name, attributes: { dir: "auto", title: name } });
      return element("li", { class: `speaker-${color}` }, [label]);
    });
    this.#names.replaceChildren(...names);
    this.#recording.slots.lanes.classList.toggle("few", speakers.length <= FEW);
    this.#names.style.setProperty("--lane-height", `${this.#sound.laneHeight}px`);
    this.#names.style.setProperty("--strip-height", `${STRIP_HEIGHT}px`);
    const what = peaks === null ? "Turns" : "A waveform, and the turns";
    const who = `${speakers.length} ${speakers.length === 1 ? "speaker" : "speakers"}`;
    this.#description.textContent =
      `${what} of ${who} over ${spokenTime(duration)}: ${turns.length} turns. ` +
      "The table of numbers has how long each one talks. Arrow keys move the time, plus and minus zoom.";
    this.board.setAttribute("aria-valuemax", String(Math.round(duration)));
  }

  #draw() {
    const width = this.#width;
    if (width === 0) return;
    const height = wholeHeight(this.#sound);
    const view = this.#view;
    if (this.#due.has("sound")) drawSound(fitted(this.#still, width, height), width, this.#sound, view);
    if (this.#due.has("small") && view.isZoomed) {
      drawSmall(fitted(this.#minimap, width, MINIMAP_HEIGHT), width, MINIMAP_HEIGHT, this.#sound);
    }
    const now = view.pixelOf(this.#recording.player.time, width);
    const { pointed } = this.#controls;
    const pointer = pointed === null ? null : view.pixelOf(pointed, width);
    drawLines(fitted(this.#moving, width, height), height, now, pointer);
    this.#due.clear();
  }

  /** @param {...string} parts "sound", "small" or "lines" */
  #drawSoon(...parts) {
    for (const part of parts) this.#due.add(part);
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #resize() {
    this.#width = this.board.clientWidth;
    this.board.style.height = `${wholeHeight(this.#sound)}px`;
    this.#viewChanged();
    this.#drawSoon("small");
  }

  #viewChanged() {
    const { start, span, isZoomed, duration } = this.#view;
    const wasHidden = this.overview.hidden;
    this.overview.hidden = !isZoomed;
    this.#window.style.left = `${(100 * start) / duration}%`;
    this.#window.style.width = `${(100 * span) / duration}%`;
    this.wider.disabled = !isZoomed;
    this.whole.disabled = !isZoomed;
    this.closer.disabled = !this.#view.canZoomIn;
    this.sight.textContent = isZoomed ? `${clock(start)} to ${clock(start + span)}` : "";
    this.#drawSoon("sound", ...(wasHidden ? ["small"] : []));
  }

  // The time

  #timeChanged() {
    const { player } = this.#recording;
    const { time } = player;
    const isInSight = this.#view.shows(time);
    if (!isInSight && this.#wasInSight && player.playing) {
      this.#view.turnTo(time);
      this.#viewChanged();
    }
    this.#wasInSight = this.#view.shows(time);
    this.#sayTime();
    this.#drawSoon("lines");
  }

  #sayTime() {
    const { time } = this.#recording.player;
    const second = String(Math.round(time));
    if (this.board.getAttribute("aria-valuenow") === second && this.board.hasAttribute("aria-valuetext")) return;
    const speakers = this.#speakersAt(time);
    this.board.setAttribute("aria-valuenow", second);
    this.board.setAttribute("aria-valuetext", [spokenTime(time), speakers].filter(Boolean).join(", "));
  }

  /** @param {number} time */
  #speakersAt(time) {
    const talking = this.#sound.turns.filter(({ start, end }) => start <= time && time < end);
    return talking.map(({ speaker }) => this.#recording.model.nameOf(speaker)).join(" and ");
  }

  // What it reacts to

  #listen() {
    const { signal } = this.#stop;
    const { model, player } = this.#recording;
    player.addEventListener("time", () => this.#timeChanged(), { signal });
    player.addEventListener("seek", () => this.#sought(), { signal });
    player.addEventListener("state", () => this.#durationKnown(), { signal });
    model.addEventListener("change", () => this.#corrected(), { signal });
    this.#controls.addEventListener("view", () => this.#viewChanged());
    this.#controls.addEventListener("point", () => this.#pointed());
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this.board);
    const { lanes } = this.#recording.slots;
    const page = document.documentElement.style;
    const covering = new ResizeObserver(() => page.setProperty("--lanes-height", `${lanes.offsetHeight}px`));
    covering.observe(lanes);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      covering.disconnect();
      page.removeProperty("--lanes-height");
    });
    const scheme = window.matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", () => this.#drawSoon("sound", "small"), { signal });
  }

  #corrected() {
    const { peaks, speakers, turns } = this.#sound;
    this.#sound = this.#measured(peaks);
    this.#describe();
    if (this.#sound.speakers.length !== speakers.length) this.#resize();
    else if (this.#sound.turns !== turns) this.#drawSoon("sound", "small");
  }

  #durationKnown() {
    const { duration } = this.#recording.player;
    if (duration === this.#sound.duration) return;
    this.#sound = { ...this.#sound, duration };
    this.#view.setDuration(duration);
    this.#describe();
    this.#viewChanged();
    this.#drawSoon("small");
  }

  #sought() {
    const { time } = this.#recording.player;
    if (this.#view.shows(time)) return;
    this.#view.center(time);
    this.#viewChanged();
  }

  #pointed() {
    const { pointed } = this.#controls;
    this.#hint.hidden = pointed === null;
    if (pointed !== null) this.#sayPointed(pointed);
    this.#drawSoon("lines");
  }

  /** @param {number} seconds under the pointer */
  #sayPointed(seconds) {
    const speakers = this.#speakersAt(seconds);
    this.#hint.textContent = speakers === "" ? clock(seconds) : `${clock(seconds)} · ${speakers}`;
    const pixel = this.#view.pixelOf(seconds, this.#width);
    const isRight = pixel > this.#width / 2;
    this.#hint.style.left = isRight ? "auto" : `${pixel + 8}px`;
    this.#hint.style.right = isRight ? `${this.#width - pixel + 8}px` : "auto";
  }
}
