/** The speakers beside the text: their names, which can be changed in place, and who is the same. */

import { cleaned } from "./edit_changes.js";
import { button, element, openDialog, toast } from "./elements.js";
import { clock, spokenTime } from "./times.js";
import { talkTimesOf } from "./turns.js";

/**
 * @typedef {import("./transcript_model.js").TranscriptModel} TranscriptModel
 * @typedef {import("./transcript_model.js").Speaker} Speaker
 */

/** Characters of a name, as the API takes it. */
const LONGEST_NAME = 100;

/** A list with a row for each speaker. Rows stay when names change, so that the focus does, too. */
export class SpeakerPanel {
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();
  #model;
  #say;

  /**
   * @param {HTMLElement} slot
   * @param {TranscriptModel} model
   * @param {(text: string) => void} say has a screen reader say something
   */
  constructor(slot, model, say) {
    this.#model = model;
    this.#say = say;
    this.list = element("ul", { class: "speakers" });
    this.merged = element("ul", { class: "speakers-merged" });
    const title = element("h2", { text: "Speakers", attributes: { id: "speakers-title" } });
    this.root = element("section", { class: "speaker-panel", attributes: { "aria-labelledby": "speakers-title" } }, [
      title,
      this.list,
      this.merged,
    ]);
    slot.prepend(this.root);
    model.addEventListener("change", () => this.draw());
    this.draw();
  }

  draw() {
    const { speakers } = this.#model;
    const talkTimes = talkTimesOf(this.#model);
    this.root.hidden = speakers.length === 0;
    for (const [id, row] of this.#rows) {
      if (speakers.some((speaker) => speaker.id === id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    for (const speaker of speakers) {
      const row = this.#rows.get(speaker.id) ?? this.#newRow(speaker);
      update(row, speaker, talkTimes.get(speaker.id) ?? 0, speakers.length > 1);
    }
    this.#drawMerged();
  }

  /** @param {Speaker} speaker */
  #newRow({ id }) {
    const machine = this.#machineName(id);
    const name = element("input", {
      class: "speaker-input",
      attributes: {
        type: "text",
        "aria-label": `Name of ${machine}`,
        maxlength: 2 * LONGEST_NAME,
        dir: "auto",
        autocomplete: "off",
        spellcheck: "false",
      },
    });
    name.addEventListener("change", () => this.#rename(id, name));
    name.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Enter") name.blur();
      if (event.key === "Escape") name.value = this.#model.nameOf(id);
    });
    const merge = button("Merge…", () => this.#merge(id), { class: "quiet small merge" });
    const time = element("span", { class: "talk-time" });
    const swatch = element("span", { class: "swatch", attributes: { "aria-hidden": "true" } });
    const row = element("li", {}, [swatch, name, time, merge]);
    this.#rows.set(id, row);
    this.list.append(row);
    return row;
  }

  /**
   * @param {string} id
   * @param {HTMLInputElement} input
   */
  #rename(id, input) {
    const machine = this.#machineName(id);
    const name = cleaned(input.value, LONGEST_NAME);
    this.#model.renameSpeaker(id, name === machine ? "" : name);
    input.value = this.#model.nameOf(id);
    this.#say(`${machine} is now ${this.#model.nameOf(id)}.`);
  }

  /** @param {string} id */
  #merge(id) {
    const name = this.#model.nameOf(id);
    const others = this.#model.speakers.filter((speaker) => speaker.id !== id);
    const options = others.map((other) => element("option", { text: other.name, attributes: { value: other.id } }));
    const select = element("select", {}, options);
    const label = element("label", { class: "field" }, [`${name} is the same person as`, select]);
    const merge = () => {
      dialog.close();
      this.#mergeInto(id, select.value);
    };
    const buttons = element("div", { class: "buttons" }, [
      button("Cancel", () => dialog.close()),
      button("Merge", merge, { class: "primary" }),
    ]);
    const note = `All sentences of ${name} will be the other's. It can be taken back.`;
    const dialog = openDialog("Merge speakers", [label, element("p", { class: "quiet-text small", text: note }), buttons]);
    select.focus();
  }

  /**
   * @param {string} id
   * @param {string} into
   */
  #mergeInto(id, into) {
    const [from, name] = [this.#model.nameOf(id), this.#model.nameOf(into)];
    this.#model.mergeSpeakers(id, into);
    const separate = () => this.#model.separateSpeaker(id);
    toast(`${from} was merged into ${name}.`, { seconds: 10, action: { text: "Undo", press: separate } });
    const row = this.#rows.get(into);
    row?.querySelector("input")?.focus();
  }

  #drawMerged() {
    const rows = Object.keys(this.#model.edits.merges).map((id) => {
      const text = `${this.#ownName(id)} is ${this.#model.nameOf(id)}`;
      const separate = button("Separate", () => this.#separate(id), {
        class: "quiet small",
        attributes: { "aria-label": `Separate ${this.#ownName(id)} again` },
      });
      return element("li", {}, [element("span", { text, attributes: { dir: "auto" } }), separate]);
    });
    this.merged.hidden = rows.length === 0;
    this.merged.replaceChildren(...rows);
  }

  /** @param {string} id */
  #separate(id) {
    this.#model.separateSpeaker(id);
    this.#rows.get(id)?.querySelector("input")?.focus();
  }

  /** @param {string} id of a merged speaker */
  #ownName(id) {
    return this.#model.edits.speakers[id] ?? this.#machineName(id);
  }

  /** @param {string} id */
  #machineName(id) {
    const speaker = this.#model.transcript.speakers.find((/** @type {any} */ each) => each.id === id);
    return speaker?.label ?? `Speaker ${id.slice(1)}`;
  }
}

/**
 * @param {HTMLElement} row
 * @param {Speaker} speaker
 * @param {number} seconds
 * @param {boolean} canMerge
 */
function update(row, { name, color }, seconds, canMerge) {
  row.className = `speaker-row speaker-${color}`;
  const input = /** @type {HTMLInputElement} */ (row.querySelector("input"));
  if (document.activeElement !== input || input.value === input.defaultValue) input.value = name;
  input.defaultValue = name;
  const time = /** @type {HTMLElement} */ (row.querySelector(".talk-time"));
  time.textContent = clock(seconds);
  time.setAttribute("aria-label", `talks for ${spokenTime(seconds)}`);
  time.setAttribute("role", "img");
  const merge = /** @type {HTMLButtonElement} */ (row.querySelector(".merge"));
  merge.hidden = !canMerge;
  merge.setAttribute("aria-label", `Merge ${name} into another speaker…`);
}
