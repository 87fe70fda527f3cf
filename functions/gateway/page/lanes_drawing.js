/** Draws the lanes: the waveform in one strip, the turns below it, and the line of the time. */

import { clock } from "./times.js";

/** Pixels. The waveform has its place from the start, so that nothing moves when it comes. */
const AXIS_HEIGHT = 20;
export const STRIP_HEIGHT = 64;
const PEAKS_PER_SECOND = 10;
const LABEL_WIDTH = 76;
/** Seconds between the marks of the time. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

/**
 * @typedef {import("./turns.js").Turn} Turn
 * @typedef {import("./turns.js").Overlap} Overlap
 * @typedef {{start: number, span: number}} View the seconds that are in sight
 *
 * @typedef {object} Sound
 * @property {number} duration
 * @property {Uint8Array | null} peaks null until they are here, or if there are none
 * @property {Turn[]} turns in order of start
 * @property {Overlap[]} overlaps in order of start
 * @property {{id: string, color: number}[]} speakers one for each lane
 * @property {number} laneHeight
 */

/**
 * @param {Sound} sound
 * @returns {number} pixels of everything
 */
export function wholeHeight(sound) {
  return AXIS_HEIGHT + STRIP_HEIGHT + sound.speakers.length * sound.laneHeight;
}

/**
 * Fits a canvas to its place and the screen's resolution.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 * @returns {CanvasRenderingContext2D} which counts in pixels of the page, and is empty
 */
export function fitted(canvas, width, height) {
  const scale = window.devicePixelRatio || 1;
  const [columns, rows] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** @returns {Record<string, string>} the colours that the page has now */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  /** @type {Record<string, string>} */
  const found = {};
  for (const name of ["text", "quiet", "line", "line-strong", "raised", "accent"]) {
    found[name] = style.getPropertyValue(`--${name}`).trim();
  }
  found[0] = found["line-strong"];
  for (let number = 1; number <= 8; number += 1) {
    found[number] = style.getPropertyValue(`--speaker-${number}`).trim();
  }
  return found;
}

/**
 * Draws everything but what moves with the time.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {Sound} sound
 * @param {View} view
 */
export function drawSound(context, width, sound, view) {
  const colour = colours();
  const scale = { view, width, at: (/** @type {number} */ time) => ((time - view.start) / view.span) * width };
  const turns = inSight(sound.turns, view);
  if (sound.peaks !== null) {
    drawPeaks(context, sound.peaks, scale, { top: 0, height: STRIP_HEIGHT, colour: colour["line-strong"] });
    context.globalCompositeOperation = "source-atop";
    fillTurns(context, turns, sound, scale, colour, () => [0, STRIP_HEIGHT]);
    context.globalCompositeOperation = "source-over";
  }
  const top = STRIP_HEIGHT;
  drawLaneLines(context, width, top, sound, colour);
  const rows = new Map(sound.speakers.map(({ id }, row) => [id, top + row * sound.laneHeight]));
  fillTurns(context, turns, sound, scale, colour, (id) => [(rows.get(id) ?? top) + 4, sound.laneHeight - 8]);
  markOverlaps(context, inSight(sound.overlaps, view), sound, scale, colour);
  drawAxis(context, top + sound.speakers.length * sound.laneHeight, scale, colour);
}

/**
 * Draws the whole recording, small.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} height
 * @param {Sound} sound
 */
export function drawSmall(context, width, height, sound) {
  const colour = colours();
  const view = { start: 0, span: sound.duration };
  const scale = { view, width, at: (/** @type {number} */ time) => (time / view.span) * width };
  const place = { top: 0, height, colour: colour["line-strong"] };
  if (sound.peaks !== null) {
    drawPeaks(context, sound.peaks, scale, place);
    context.globalCompositeOperation = "source-atop";
  }
  fillTurns(context, sound.turns, sound, scale, colour, () => [0, height]);
  context.globalCompositeOperation = "source-over";
}

/**
 * Draws the line of the time, and that of the pointer if it is here.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} height
 * @param {number} time in pixels
 * @param {number | null} pointer in pixels
 */
export function drawLines(context, height, time, pointer) {
  const colour = colours();
  if (pointer !== null) {
    context.fillStyle = colour.quiet;
    context.fillRect(Math.round(pointer), 0, 1, height);
  }
  context.fillStyle = colour.text;
  context.fillRect(Math.round(time) - 1, 0, 2, height);
  context.beginPath();
  context.arc(Math.round(time), 4, 4, 0, 2 * Math.PI);
  context.fill();
}

/**
 * @template {{start: number, end: number}} T
 * @param {T[]} intervals in order of start
 * @param {View} view
 */
function inSight(intervals, { start, span }) {
  const end = start + span;
  return intervals.filter((interval) => interval.end > start && interval.start < end);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Uint8Array} peaks
 * @param {{view: View, width: number}} scale
 * @param {{top: number, height: number, colour: string}} place
 */
function drawPeaks(context, peaks, { view, width }, { top, height, colour }) {
  const perPixel = (view.span * PEAKS_PER_SECOND) / width;
  const first = view.start * PEAKS_PER_SECOND;
  const middle = top + height / 2;
  context.fillStyle = colour;
  context.beginPath();
  const step = Math.max(1, Math.floor(1 / perPixel));
  const gap = step > 3 ? 1 : 0;
  for (let x = 0; x < width; x += step) {
    const from = Math.floor(first + x * perPixel);
    const to = Math.max(from + 1, Math.floor(first + (x + step) * perPixel));
    const half = Math.max(0.5, (loudest(peaks, from, to) / 255) * (height / 2 - 3));
    context.rect(x, middle - half, step - gap, 2 * half);
  }
  context.fill();
}

/**
 * @param {Uint8Array} peaks
 * @param {number} from
 * @param {number} to
 */
function loudest(peaks, from, to) {
  let largest = 0;
  const end = Math.min(to, peaks.length);
  for (let index = Math.max(from, 0); index < end; index += 1) {
    if (peaks[index] > largest) largest = peaks[index];
  }
  return largest;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Turn[]} turns
 * @param {Sound} sound
 * @param {{at: (time: number) => number}} scale
 * @param {Record<string, string>} colour
 * @param {(speaker: string) => [number, number]} place top and height by speaker
 */
function fillTurns(context, turns, sound, scale, colour, place) {
  const colourOf = new Map(sound.speakers.map(({ id, color }) => [id, colour[color]]));
  for (const { start, end, speaker } of turns) {
    const [top, height] = place(speaker);
    const left = scale.at(start);
    const width = Math.max(1, scale.at(end) - left);
    context.fillStyle = colourOf.get(speaker) ?? colour[0];
    context.beginPath();
    context.roundRect(left, top, width, height, Math.min(3, width / 2));
    context.fill();
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} width
 * @param {number} top
 * @param {Sound} sound
 * @param {Record<string, string>} colour
 */
function drawLaneLines(context, width, top, sound, colour) {
  context.fillStyle = colour.line;
  for (let row = 0; row < sound.speakers.length; row += 1) {
    const middle = top + (row + 0.5) * sound.laneHeight;
    context.fillRect(0, Math.round(middle), width, 1);
  }
}

/**
 * Marks where several talk at once with a bar above the lanes.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Overlap[]} overlaps
 * @param {Sound} sound
 * @param {{at: (time: number) => number}} scale
 * @param {Record<string, string>} colour
 */
function markOverlaps(context, overlaps, sound, scale, colour) {
  const top = STRIP_HEIGHT;
  const height = sound.speakers.length * sound.laneHeight;
  for (const { start, end } of overlaps) {
    const left = scale.at(start);
    const width = Math.max(1, scale.at(end) - left);
    context.globalAlpha = 0.16;
    context.fillStyle = colour.text;
    context.fillRect(left, top, width, height);
    context.globalAlpha = 1;
    context.fillRect(left, top, width, 2);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} top
 * @param {{view: View, width: number, at: (time: number) => number}} scale
 * @param {Record<string, string>} colour
 */
function drawAxis(context, top, { view, width, at }, colour) {
  const most = Math.max(1, width / LABEL_WIDTH);
  const step = STEPS.find((each) => view.span / each <= most) ?? STEPS[STEPS.length - 1];
  context.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "top";
  for (let time = Math.ceil(view.start / step) * step; time <= view.start + view.span; time += step) {
    const x = at(time);
    context.fillStyle = colour["line-strong"];
    context.fillRect(Math.round(x), top, 1, 4);
    const text = clock(time);
    const half = context.measureText(text).width / 2;
    context.fillStyle = colour.quiet;
    context.fillText(text, Math.min(Math.max(x - half, 0), width - 2 * half), top + 6);
  }
}
