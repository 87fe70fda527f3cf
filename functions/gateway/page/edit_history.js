/** Takes corrections back and makes them again. */

import { copiedEdits } from "./transcript_model.js";
import { differences, withChanges } from "./edit_changes.js";

/**
 * @typedef {import("./transcript_model.js").TranscriptModel} TranscriptModel
 * @typedef {import("./edit_changes.js").Change} Change
 */

/** Fires "change" when there is something else to take back or to make again. */
export class EditHistory extends EventTarget {
  /** @type {Change[][]} */
  #done = [];
  /** @type {Change[][]} */
  #undone = [];
  #last;
  #isOwn = false;

  /** @param {TranscriptModel} model */
  constructor(model) {
    super();
    this.model = model;
    this.#last = copiedEdits(model.edits);
    model.addEventListener("change", () => this.#noticed());
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** @returns {boolean} whether anything was corrected since the page was opened */
  get isBegun() {
    return this.canUndo || this.canRedo;
  }

  /** @returns {Change[]} what was taken back */
  undo() {
    const changes = this.#done.pop();
    if (changes === undefined) return [];
    this.#undone.push(changes);
    this.#apply(changes, "before");
    return changes;
  }

  /** @returns {Change[]} what was made again */
  redo() {
    const changes = this.#undone.pop();
    if (changes === undefined) return [];
    this.#done.push(changes);
    this.#apply(changes, "after");
    return changes;
  }

  /**
   * Replaces the corrections by others that cannot be taken back, such as those of another window.
   *
   * @param {import("./transcript_model.js").Edits} edits
   */
  takeOver(edits) {
    this.#isOwn = true;
    this.model.replaceEdits(edits);
    this.#isOwn = false;
  }

  /**
   * @param {Change[]} changes
   * @param {"before" | "after"} side
   */
  #apply(changes, side) {
    this.takeOver(withChanges(this.model.edits, changes, side));
  }

  #noticed() {
    const changes = differences(this.#last, this.model.edits);
    this.#last = copiedEdits(this.model.edits);
    if (!this.#isOwn && changes.length > 0) {
      this.#done.push(changes);
      this.#undone = [];
    }
    this.dispatchEvent(new Event("change"));
  }
}
