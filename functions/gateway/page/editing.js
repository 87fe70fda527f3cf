/** Corrects a transcript: its words, sentences and speakers, with a switch, undo and what is saved. */

import { getJson } from "./api.js";
import { chooseSides } from "./conflict_dialog.js";
import { EditHistory } from "./edit_history.js";
import { subjectOf } from "./edit_words.js";
import { button, element, toast } from "./elements.js";
import { ReviewMarks, ReviewPanel } from "./review_marks.js";
import { Saving } from "./saving.js";
import { SpeakerPanel } from "./speaker_panel.js";
import { unappliedPanel } from "./unapplied.js";
import { WordEditor } from "./word_editor.js";

/**
 * @typedef {import("./recording_view.js").OpenRecording} OpenRecording
 * @typedef {import("./edit_changes.js").Change} Change
 */

/** Differences that are read out when they are taken back together. */
const FEW = 3;

/**
 * Adds everything that corrects to an open recording. Without the right to write, or where
 * corrections cannot be had, it adds nothing.
 *
 * @param {OpenRecording} recording
 * @returns {Promise<(() => void) | void>} a function that ends it
 */
export async function editing(recording) {
  if (recording.etag === null) return undefined;
  const key = await getJson("api/v1/keys/me");
  if (!key.scopes.includes("write")) return undefined;
  const editor = new Editing(recording);
  return () => editor.close();
}

class Editing {
  #recording;
  #history;
  #saving;
  #words;
  #isOn = false;
  #stop = new AbortController();
  #spoken = element("p", { class: "visually-hidden", attributes: { role: "status" } });
  #state = element("span", { class: "save-state" });

  /** @param {OpenRecording} recording */
  constructor(recording) {
    const { id, model, reading, slots } = recording;
    const { signal } = this.#stop;
    this.#recording = recording;
    this.#history = new EditHistory(model);
    const path = `api/v1/jobs/${encodeURIComponent(id)}`;
    this.#saving = new Saving(path, this.#history, (collisions) => chooseSides(collisions, model));
    const say = (/** @type {string} */ text) => this.#say(text);
    this.#words = new WordEditor(reading, slots.text, say);
    const marks = new ReviewMarks(reading, say, signal);
    new SpeakerPanel(slots.side, model, say);
    new ReviewPanel(slots.side, reading, marks, () => this.#switch(true), say);
    this.#addButtons();
    this.#listen();
    this.#saving.open(recording.stored, /** @type {string} */ (recording.etag));
    this.#addUnapplied();
    reading.redraw();
    this.#drawState();
  }

  close() {
    this.#words.keep();
    this.#stop.abort();
    this.#saving.close();
  }

  // What is seen of it

  #addButtons() {
    const { actions } = this.#recording.slots;
    this.edit = button("Edit", () => this.#switch(!this.#isOn), {
      class: "edit-switch",
      attributes: { role: "switch", "aria-checked": "false" },
    });
    const quiet = (/** @type {string} */ keys) => ({ class: "quiet", attributes: { "aria-keyshortcuts": keys } });
    this.undo = button("Undo", () => this.#undo(), quiet("Control+Z"));
    this.redo = button("Redo", () => this.#redo(), quiet("Control+Shift+Z"));
    const tools = element("div", { class: "edit-tools" }, [this.#state, this.undo, this.redo, this.edit]);
    actions.prepend(tools, this.#spoken);
    this.#drawHistory();
  }

  #addUnapplied() {
    const go = (/** @type {number} */ seconds, /** @type {string | null} */ text) => {
      this.#switch(true);
      const shown = this.#recording.reading.bringTime(seconds);
      if (shown !== null) this.#words.open(shown, text ?? undefined);
    };
    const panel = unappliedPanel(this.#saving.unapplied, go);
    if (panel !== null) this.#recording.slots.side.append(panel);
  }

  /** @param {boolean} isOn */
  #switch(isOn) {
    this.#isOn = isOn;
    this.edit.setAttribute("aria-checked", String(isOn));
    this.#recording.slots.text.classList.toggle("is-editing", isOn);
    if (!isOn) this.#words.keep();
    this.#drawHistory();
    this.#recording.reading.redraw();
    if (isOn) this.#say("A click or Enter on a word corrects it.");
  }

  #drawHistory() {
    this.undo.disabled = !this.#history.canUndo;
    this.redo.disabled = !this.#history.canRedo;
    this.undo.hidden = !this.#history.isBegun && !this.#isOn;
    this.redo.hidden = this.undo.hidden;
  }

  #drawState() {
    const { state, reason } = this.#saving;
    const texts = {
      saved: "Saved",
      changed: "Not saved yet",
      saving: "Saving…",
      offline: `Not saved: ${reason} It is tried again by itself.`,
      refused: `Not saved: ${reason}`,
      outdated: "Not saved: the recording was transcribed again.",
    };
    const text = texts[state];
    const isBad = state === "offline" || state === "refused" || state === "outdated";
    const wasBad = this.#state.classList.contains("bad");
    this.#state.classList.toggle("bad", isBad);
    this.#state.textContent = this.#history.isBegun || isBad ? text : "";
    if (isBad || (wasBad && state === "saved")) this.#say(text);
    if (state === "outdated") this.#sayOutdated();
  }

  #sayOutdated() {
    const reload = () => {
      this.#saving.close();
      location.reload();
    };
    const text = "The recording was transcribed again. What was not saved is about the former transcript.";
    toast(text, { kind: "bad", action: { text: "Show the new one", press: reload } });
  }

  /** @param {string} text */
  #say(text) {
    this.#spoken.textContent = text;
  }

  // Clicks and keys

  #listen() {
    const { signal } = this.#stop;
    const { text } = this.#recording.slots;
    this.#history.addEventListener("change", () => this.#drawHistory());
    this.#saving.addEventListener("state", () => this.#drawState());
    this.#saving.addEventListener("joined", () => toast("Corrections of another window were taken over."));
    text.addEventListener("click", (event) => this.#clicked(event), { signal, capture: true });
    text.addEventListener("mousedown", (event) => this.#mousePressed(event), { signal, capture: true });
    text.addEventListener("dblclick", (event) => this.#doubleClicked(event), { signal });
    text.addEventListener("keydown", (event) => this.#keyPressed(event), { signal, capture: true });
    document.addEventListener("keydown", (event) => this.#shortcut(event), { signal });
  }

  /** @param {MouseEvent} event */
  #clicked(event) {
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!this.#isOn || !isPlain || wordAt(event.target) === null) return;
    event.preventDefault();
    if (event.detail < 2) this.#openAt(event.target);
  }

  /** @param {MouseEvent} event */
  #mousePressed(event) {
    // The first of two clicks has opened a field, and may have scrolled: the second must not close it.
    const isSecond = this.#isOn && event.detail > 1;
    if (isSecond && this.#words.isOpen && !this.#words.holds(event.target)) event.preventDefault();
  }

  /** @param {MouseEvent} event */
  #doubleClicked(event) {
    if (this.#isOn || wordAt(event.target) === null) return;
    this.#recording.player.pause(); // the first of the two clicks has played from the word
    this.#openAt(event.target);
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || wordAt(event.target) === null) return;
    const opens = event.key.toLowerCase() === "e" || (this.#isOn && event.key === "Enter");
    if (!opens) return;
    event.preventDefault();
    this.#openAt(event.target);
  }

  /** @param {EventTarget | null} target */
  #openAt(target) {
    const word = wordAt(target);
    if (word === null) return;
    window.getSelection()?.removeAllRanges();
    this.#recording.reading.following.set(false);
    this.#words.open(word);
  }

  /** @param {KeyboardEvent} event */
  #shortcut(event) {
    const isLetter = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (!isLetter || isField(event.target) || document.querySelector("dialog[open]")) return;
    const key = event.key.toLowerCase();
    if (key === "z" && !event.shiftKey) {
      event.preventDefault();
      this.#undo();
    } else if (key === "y" || (key === "z" && event.shiftKey)) {
      event.preventDefault();
      this.#redo();
    }
  }

  #undo() {
    this.#sayChanges("Taken back", this.#history.undo());
  }

  #redo() {
    this.#sayChanges("Made again", this.#history.redo());
  }

  /**
   * @param {string} what
   * @param {Change[]} changes
   */
  #sayChanges(what, changes) {
    if (changes.length === 0) return;
    const subjects = changes.slice(0, FEW).map((change) => subjectOf(change, this.#recording.model));
    const rest = changes.length > FEW ? ` and ${changes.length - FEW} more` : "";
    this.#say(`${what}: ${subjects.join(", ")}${rest}.`);
  }
}

/**
 * @param {EventTarget | null} target
 * @returns {HTMLElement | null}
 */
function wordAt(target) {
  return target instanceof Element ? target.closest(".paragraphs .word") : null;
}

/** @param {EventTarget | null} target */
function isField(target) {
  return target instanceof Element && target.closest("input, textarea, select") !== null;
}
