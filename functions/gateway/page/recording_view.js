/**
 * One recording: its header, the lanes of its speakers, its text and the panel beside it.
 *
 * While a job is at work, its words are shown as they come. Once there is a transcript, the parts of
 * the view are called with it.
 */

import { ApiProblem, getJson, jobEvents, send, session } from "./api.js";
import { downloads } from "./downloads.js";
import { editing } from "./editing.js";
import { element } from "./elements.js";
import { Find } from "./find.js";
import { ProgressNotice, notice, problemNotice } from "./job_state.js";
import { lanes } from "./lanes.js";
import { LiveText } from "./live_text.js";
import { numbers } from "./numbers.js";
import { Player } from "./player.js";
import { playerBar, saySubstitute, sayWhySilent, showControls } from "./player_bar.js";
import { Reading } from "./reading.js";
import { factsOf, titleOf, warningsOf } from "./recording_header.js";
import { whenClosed } from "./saving.js";
import { listenToKeys } from "./shortcuts.js";
import { soundAddresses, whySilent } from "./sound_problem.js";
import { roughLegend, textTools, wayBack, wordlessNote } from "./text_tools.js";
import { secondsOfHash } from "./times.js";
import { TranscriptModel } from "./transcript_model.js";

/** After so many milliseconds the job is asked for, in case that the events are held back. */
const LOOK_AGAIN = 20_000;

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
 * @property {string | null} etag of the corrections; null if they cannot be changed
 * @property {any} stored the corrections as the API has them; null if it has none
 * @property {Slots} slots
 * @property {TranscriptModel} model
 * @property {Player} player
 * @property {Reading} reading
 */

/**
 * What fills the slots of a transcript, in this order. Each may return a function that ends it.
 *
 * @type {((recording: OpenRecording) => void | (() => void) | Promise<void | (() => void)>)[]}
 */
const PARTS = [lanes, editing, downloads, numbers];

/**
 * Shows a recording.
 *
 * @param {HTMLElement} place
 * @param {URLSearchParams} query
 * @returns {Promise<() => void>} a function that ends the view
 */
export async function show(place, query) {
  const view = new RecordingView(place, query.get("job") ?? "");
  await view.open();
  return () => view.close();
}

class RecordingView {
  #place;
  #id;
  #path;
  #slots;
  #stop = new AbortController();
  /** @type {(() => void)[]} what ends the parts of the view */
  #endings = [];
  /** @type {Reading | undefined} */
  #reading;
  /** @type {Player | undefined} */
  #player;
  #live = new LiveText();
  #isOver = false;

  /**
   * @param {HTMLElement} place
   * @param {string} id
   */
  constructor(place, id) {
    this.#place = place;
    this.#id = id;
    this.#path = `api/v1/jobs/${encodeURIComponent(id)}`;
    this.#slots = madeSlots();
  }

  async open() {
    const loading = element("p", { class: "loading", text: "Opening…", attributes: { role: "status" } });
    this.#place.replaceChildren(loading);
    try {
      const job = await getJson(this.#path);
      this.#slots.header.replaceChildren(...titleOf(job));
      await this.#showJob(job);
    } catch (error) {
      if (!isLasting(error)) throw error;
      this.#place.replaceChildren(...sayProblem(error));
    }
  }

  close() {
    this.#stop.abort();
    for (const end of this.#endings) end();
    this.#reading?.close();
    this.#player?.close();
  }

  /** @param {any} job */
  async #showJob(job) {
    if (job.state === "queued" || job.state === "running") {
      this.#putSlots();
      this.#follow(job);
    } else if (job.links.transcript !== null) {
      await this.#showTranscript(job);
    } else {
      this.#putSlots();
      this.#slots.text.append(withoutTranscript(job));
    }
  }

  /** Shows the view in the place of the notice that it is opened. */
  #putSlots() {
    const { header, actions, lanes, text, side } = this.#slots;
    if (header.isConnected) return;
    const top = element("header", { class: "recording-header" }, [header, actions]);
    const columns = element("div", { class: "recording-columns" }, [text, sideBox(side, this.#stop.signal)]);
    this.#place.replaceChildren(element("article", { class: "recording" }, [top, lanes, columns]));
  }

  // A transcript

  /** @param {any} job */
  async #showTranscript(job) {
    const transcriptPath = `${this.#path}/transcript?format=json&original=true`;
    const [transcript, stored] = await Promise.all([
      getJson(transcriptPath),
      storedEdits(`${this.#path}/edits`),
    ]);
    const model = new TranscriptModel(transcript, stored.body ?? {});
    this.#putSlots();
    this.#slots.header.replaceChildren(...titleOf(job), factsOf(job, model));
    const warnings = warningsOf(model);
    if (warnings !== null) this.#slots.header.append(warnings);
    if (job.problem !== null) this.#slots.header.append(problemNotice(job));
    const { reading, player } = this.#showText(job, model);
    this.#slots.text.append(wordlessNote(model));
    const { body, etag } = stored;
    const slots = this.#slots;
    const recording = { id: this.#id, job, etag, stored: body, slots, model, player, reading };
    for (const part of PARTS) {
      const end = await part(recording);
      if (end) this.#endings.push(end);
    }
  }

  /**
   * @param {any} job
   * @param {TranscriptModel} model
   */
  #showText(job, model) {
    if (this.#reading !== undefined && this.#player !== undefined) {
      this.#player.knownDuration = model.duration;
      if (this.#reading.model !== model) this.#reading.setModel(model);
      return { reading: this.#reading, player: this.#player };
    }
    const player = this.#madePlayer(job, model);
    const reading = new Reading(this.#slots.text, model, player);
    const find = new Find(reading);
    this.#slots.text.prepend(textTools(reading, find), roughLegend(reading));
    this.#slots.text.append(wayBack(reading));
    listenToKeys(player, find, this.#stop.signal);
    [this.#reading, this.#player] = [reading, player];
    this.#goToHash(true);
    window.addEventListener("hashchange", () => this.#goToHash(false), { signal: this.#stop.signal });
    return { reading, player };
  }

  /**
   * @param {any} job
   * @param {TranscriptModel} model
   */
  #madePlayer(job, model) {
    const path = job.links.audio === null ? null : `${this.#path}/audio`;
    const audio = new Audio();
    const addresses = soundAddresses(audio, path, model.transcript.media.codec);
    const player = new Player(audio, addresses, model.duration);
    const bar = playerBar(player);
    player.addEventListener("loaded", () => {
      showControls(bar);
      if (player.address !== path) saySubstitute(bar);
    });
    const loadAgain = () => {
      if (!player.hasSound) player.load();
    };
    player.addEventListener("unplayable", async () => {
      const { reason, mayComeBack } = await whySilent(path);
      if (!player.hasSound) sayWhySilent(bar, reason, mayComeBack ? loadAgain : null);
    });
    window.addEventListener("online", loadAgain, { signal: this.#stop.signal });
    session.addEventListener("begun", loadAgain, { signal: this.#stop.signal });
    this.#place.firstElementChild?.append(bar);
    return player;
  }

  /** @param {boolean} isFirst */
  #goToHash(isFirst) {
    const seconds = secondsOfHash(location.hash);
    if (seconds === null) return;
    this.#player?.seek(seconds);
    if (isFirst) this.#reading?.bringTime(seconds);
  }

  // A job that is at work

  /** @param {any} job */
  #follow(job) {
    const progress = new ProgressNotice();
    progress.update(job);
    this.#slots.header.append(progress.root);
    const ended = (/** @type {any} */ view) => this.#ended(view, progress);
    const listen = () => jobEvents(this.#id, {
      state: (view) => {
        this.#live.startRun(view.run);
        progress.update(view);
      },
      progress: (body) => progress.update(body),
      segment: (part) => this.#wordsCame(job, part),
      done: ended,
      failed: ended,
      cancelled: ended,
    });
    let close = listen();
    const listenAgain = () => {
      close();
      close = listen();
    };
    session.addEventListener("begun", listenAgain);
    const timer = setInterval(() => this.#lookAgain(progress), LOOK_AGAIN);
    this.#endings.push(() => {
      session.removeEventListener("begun", listenAgain);
      clearInterval(timer);
      close();
    });
  }

  /** @param {any} job @param {any} part */
  #wordsCame(job, part) {
    this.#showText(job, this.#live.add(part));
  }

  /** @param {ProgressNotice} progress */
  async #lookAgain(progress) {
    if (this.#isOver) return;
    try {
      const job = await getJson(this.#path);
      const isAtWork = job.state === "queued" || job.state === "running";
      if (isAtWork) {
        progress.update(job);
      } else {
        await this.#ended(job, progress);
      }
    } catch (error) {
      if (isLasting(error)) this.#gone(error);
    }
  }

  /** @param {unknown} error */
  #gone(error) {
    this.#isOver = true;
    this.close();
    this.#place.replaceChildren(...sayProblem(error));
  }

  /**
   * @param {any} job
   * @param {ProgressNotice} progress
   */
  async #ended(job, progress) {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const end of this.#endings.splice(0)) end();
    progress.root.remove();
    try {
      await this.#showJob(job);
    } catch (error) {
      this.#slots.text.prepend(...sayProblem(error));
    }
  }
}

/** @returns {Slots} */
function madeSlots() {
  const labelled = (/** @type {string} */ tag, /** @type {string} */ name, /** @type {string} */ label) =>
    element(tag, { class: `recording-${name}`, attributes: { "aria-label": label } });
  return {
    header: element("div", { class: "recording-title" }),
    actions: element("div", { class: "recording-actions" }),
    lanes: labelled("section", "lanes", "Speakers over time"),
    text: labelled("section", "text", "Transcript"),
    side: labelled("aside", "side", "About this recording"),
  };
}

/**
 * @param {HTMLElement} side
 * @param {AbortSignal} signal
 * @returns {HTMLElement} the side panel; on a small screen it is above the text, and closed
 */
function sideBox(side, signal) {
  const summary = element("summary", { text: "Speakers and numbers" });
  const box = element("details", { class: "side-box" }, [summary, side]);
  const isSmall = window.matchMedia("(max-width: 68rem)");
  const fit = () => {
    box.open = !isSmall.matches;
  };
  isSmall.addEventListener("change", fit, { signal });
  fit();
  return box;
}

/**
 * @param {string} path
 * @returns {Promise<{body: any, etag: string | null}>} null where corrections cannot be had
 */
async function storedEdits(path) {
  await whenClosed(path);
  try {
    return await send("GET", path);
  } catch (error) {
    if (!isLasting(error)) throw error;
    return { body: null, etag: null };
  }
}

/**
 * @param {unknown} error
 * @returns {boolean} whether another try would have the same answer; after a new login it may not
 */
function isLasting(error) {
  return error instanceof ApiProblem && error.status >= 400 && error.status < 500 && error.status !== 401;
}

/** @param {any} job */
function withoutTranscript(job) {
  if (job.state === "erased") return notice("plain", "This recording was erased.");
  if (job.state === "done") return notice("plain", "The transcript is not kept any more.");
  return problemNotice(job);
}

/**
 * @param {unknown} error
 * @returns {HTMLElement[]}
 */
function sayProblem(error) {
  if (!(error instanceof ApiProblem)) throw error;
  const paragraphs = [element("p", { text: error.detail })];
  const title = error.status === 404 ? "There is no such recording." : error.title;
  return [notice("bad", title, error.status === 404 ? [] : paragraphs)];
}
