/** Shows in the text what should be looked at: doubtful texts, speech without words, and removals. */

import { quoted, shortened } from "./edit_words.js";
import { button, element } from "./elements.js";
import { listenTo } from "./listening.js";
import { focusWord } from "./reading.js";
import { clock } from "./times.js";

/**
 * @typedef {import("./reading.js").Reading} Reading
 * @typedef {import("./transcript_model.js").TranscriptModel} TranscriptModel
 * @typedef {import("./transcript_model.js").Paragraph} Paragraph
 *
 * @typedef {object} Item something to look at
 * @property {string} id such as "suspect-0", "gap-2", "segment-7"
 * @property {number} start
 * @property {number} end
 * @property {string} text empty for speech without words
 * @property {string} why
 */

/** @type {Record<string, string>} */
const REASONS = {
  repetitive: "the text repeats itself",
  improbable: "the words are improbable",
  no_speech: "there seems to be no speech",
  too_fast: "it is faster than speech",
  prompt: "it repeats a hint that was given",
};

/**
 * @param {TranscriptModel} model
 * @returns {Item[]} what is neither kept nor dropped, in order of time
 */
export function openItems(model) {
  const { kept, dropped } = model.edits;
  const done = new Set([...kept, ...dropped]);
  return [...suspectsOf(model), ...gapsOf(model)]
    .filter((item) => !done.has(item.id))
    .sort((one, other) => one.start - other.start);
}

/**
 * @param {TranscriptModel} model
 * @returns {Item[]} what was dropped, in order of time
 */
export function droppedItems(model) {
  const dropped = new Set(model.edits.dropped);
  return [...suspectsOf(model), ...gapsOf(model), ...sentencesOf(model, dropped)]
    .filter((item) => dropped.has(item.id))
    .sort((one, other) => one.start - other.start);
}

/**
 * @param {TranscriptModel} model
 * @returns {Item[]}
 */
function suspectsOf({ transcript }) {
  return transcript.quality.suspects.map((/** @type {any} */ suspect, /** @type {number} */ index) => {
    const { start, end, reasons } = suspect;
    const text = suspect.text.trim().replace(/\s+/g, " ");
    const why = reasons.map((/** @type {string} */ reason) => REASONS[reason] ?? reason).join(", ");
    return { id: `suspect-${index}`, start, end, text, why: why || "it is doubtful" };
  });
}

/**
 * @param {TranscriptModel} model
 * @returns {Item[]}
 */
function gapsOf({ transcript }) {
  return transcript.quality.uncovered.map((/** @type {any} */ gap, /** @type {number} */ index) => {
    const seconds = (gap.end - gap.start).toFixed(1);
    return { id: `gap-${index}`, start: gap.start, end: gap.end, text: "", why: `${seconds} seconds` };
  });
}

/**
 * @param {TranscriptModel} model
 * @param {Set<string>} dropped
 * @returns {Item[]}
 */
function sentencesOf({ transcript }, dropped) {
  const sentences = [];
  for (const id of dropped) {
    const segment = id.startsWith("segment-") ? transcript.segments[Number(id.slice(8))] : undefined;
    if (segment === undefined) continue;
    const { start, end, text } = segment;
    sentences.push({ id, start, end, text, why: "a sentence" });
  }
  return sentences;
}

/** Adds marks to each paragraph that is drawn. */
export class ReviewMarks {
  #reading;
  #say;
  /** @type {Item[]} what is open, of the corrections below */
  #open = [];
  /** @type {string[][]} */
  #decided = [];

  /**
   * @param {Reading} reading
   * @param {(text: string) => void} say has a screen reader say something
   * @param {AbortSignal} signal ends it
   */
  constructor(reading, say, signal) {
    this.#reading = reading;
    this.#say = say;
    const draw = (/** @type {any} */ event) => this.#draw(event.detail.element, event.detail.paragraph);
    reading.addEventListener("draw", draw, { signal });
  }

  get #model() {
    return this.#reading.model;
  }

  /**
   * @param {HTMLElement} drawn
   * @param {Paragraph} paragraph
   */
  #draw(drawn, paragraph) {
    const text = /** @type {HTMLElement} */ (drawn.querySelector(".paragraph-text"));
    this.#explainCorrections(text);
    this.#addRemovedWords(text, paragraph);
    const { paragraphs } = this.#model;
    const from = paragraph.index === 0 ? 0 : paragraph.start;
    const until = paragraphs[paragraph.index + 1]?.start ?? Infinity;
    const items = this.#openItems().filter(({ start }) => start >= from && start < until);
    const earlier = items.filter(({ start }) => start < paragraph.start);
    const later = items.filter(({ start }) => start >= paragraph.start);
    if (earlier.length > 0) drawn.prepend(this.#marksOf(earlier, "marks before"));
    if (later.length > 0) drawn.append(this.#marksOf(later, "marks"));
  }

  /** @returns {Item[]} what is open, which is found once for all paragraphs that are drawn */
  #openItems() {
    const { kept, dropped } = this.#model.edits;
    const isKnown = kept === this.#decided[0] && dropped === this.#decided[1];
    if (!isKnown) this.#open = openItems(this.#model);
    this.#decided = [kept, dropped];
    return this.#open;
  }

  /**
   * @param {Item[]} items
   * @param {string} name of the class
   */
  #marksOf(items, name) {
    return element("div", { class: name }, items.map((item) => this.markOf(item)));
  }

  /** @param {HTMLElement} text */
  #explainCorrections(text) {
    for (const shown of text.querySelectorAll(".corrected")) {
      const word = this.#model.words[Number(/** @type {HTMLElement} */ (shown).dataset.index)];
      const heard = `Heard: ${word.machine}`;
      shown.setAttribute("title", heard);
      shown.setAttribute("aria-description", `corrected. ${heard}`);
    }
  }

  /**
   * @param {HTMLElement} text
   * @param {Paragraph} paragraph
   */
  #addRemovedWords(text, paragraph) {
    const { transcript, edits } = this.#model;
    for (const segment of paragraph.segments) {
      const range = transcript.segments[Number(segment.id)]?.words;
      if (!range) continue;
      const sentence = text.querySelector(`[data-segment="${segment.id}"]`);
      for (let id = range[0]; id <= range[1]; id += 1) {
        if (edits.words[id] === "") this.#addRemovedWord(/** @type {HTMLElement} */ (sentence), id);
      }
    }
  }

  /**
   * @param {HTMLElement} sentence
   * @param {number} id of a word
   */
  #addRemovedWord(sentence, id) {
    const machine = this.#model.transcript.words[id].word;
    const back = () => {
      this.#model.correctWord(id, machine);
      this.#say(`${quoted(machine)} is back.`);
    };
    const label = `${machine}, removed. Take it back.`;
    const removed = button("", back, { class: "removed", attributes: { "aria-label": label, title: "Take it back" } });
    removed.append(element("del", { text: machine }));
    const words = /** @type {NodeListOf<HTMLElement>} */ (sentence.querySelectorAll(".word"));
    const next = [...words].find((word) => Number(word.dataset.word) > id);
    if (next) {
      next.before(removed, " ");
    } else {
      sentence.append(" ", removed);
    }
  }

  /**
   * @param {Item} item
   * @returns {HTMLElement}
   */
  markOf(item) {
    const isGap = item.text === "";
    const title = isGap ? "Speech without words" : "Probably not said";
    const label = `${title}, at ${clock(item.start)}`;
    const what = element("p", { class: "mark-text" }, [
      element("strong", { text: title }),
      element("span", { class: "quiet-text", text: ` ${clock(item.start)} · ${item.why}` }),
    ]);
    if (!isGap) what.append(element("q", { text: item.text, attributes: { dir: "auto" } }));
    const attributes = { role: "group", "aria-label": label, "data-item": item.id };
    return element("div", { class: "mark", attributes }, [what, this.#buttonsOf(item, isGap)]);
  }

  /**
   * @param {Item} item
   * @param {boolean} isGap
   */
  #buttonsOf(item, isGap) {
    const listen = () => listenTo(this.#reading.player, item.start, item.end);
    const buttons = [button("Listen", listen, { class: "quiet small" })];
    const choose = (/** @type {string} */ text, /** @type {() => void} */ press) =>
      button(text, press, { class: "quiet small deciding" });
    if (isGap) {
      buttons.push(choose("Done with it", () => this.#drop(item)));
    } else {
      buttons.push(choose("Keep", () => this.#keep(item)), choose("Throw away", () => this.#drop(item)));
    }
    return element("div", { class: "mark-buttons" }, buttons);
  }

  /** @param {Item} item */
  #keep(item) {
    this.#model.keep(item.id);
    this.#say(`${quoted(shortened(item.text))} is in the text now.`);
    this.#focusAt(item);
  }

  /** @param {Item} item */
  #drop(item) {
    this.#model.drop(item.id);
    this.#say("It is not shown any more. It can be taken back.");
    this.#focusAt(item);
  }

  /** @param {Item} item */
  #focusAt(item) {
    const word = this.#reading.bringTime(item.start);
    if (word !== null) focusWord(word);
  }
}

/** Beside the text: how much is to be looked at, and what was thrown away. */
export class ReviewPanel {
  #reading;
  #marks;
  #before;
  #say;
  /** Seconds of the place that was shown last. */
  #last = -1;

  /**
   * @param {HTMLElement} slot
   * @param {Reading} reading
   * @param {ReviewMarks} marks
   * @param {() => void} before is called before a place is shown
   * @param {(text: string) => void} say
   */
  constructor(slot, reading, marks, before, say) {
    this.#reading = reading;
    this.#marks = marks;
    this.#before = before;
    this.#say = say;
    this.count = element("p", { class: "review-count" });
    this.next = button("Show the next", () => this.#showNext());
    this.orphans = element("div", { class: "marks" });
    this.dropped = element("ul", { class: "review-dropped" });
    this.looked = element("details", {}, [element("summary"), this.dropped]);
    const title = element("h2", { text: "To look at", attributes: { id: "review-title" } });
    const attributes = { "aria-labelledby": "review-title" };
    this.root = element("section", { class: "review-panel", attributes }, [
      title, this.count, this.next, this.orphans, this.looked,
    ]);
    slot.append(this.root);
    reading.model.addEventListener("change", () => this.draw());
    this.draw();
  }

  draw() {
    const { model } = this.#reading;
    const open = openItems(model);
    const dropped = droppedItems(model);
    this.root.hidden = open.length === 0 && dropped.length === 0;
    const places = open.length === 1 ? "1 place is" : `${open.length} places are`;
    this.count.textContent = open.length === 0 ? "Everything was looked at." : `${places} doubtful.`;
    const hasText = model.paragraphs.length > 0;
    this.next.hidden = open.length === 0 || !hasText;
    this.orphans.replaceChildren(...(hasText ? [] : open.map((item) => this.#marks.markOf(item))));
    this.looked.hidden = dropped.length === 0;
    this.looked.firstElementChild.textContent = `Thrown away: ${dropped.length}`;
    this.dropped.replaceChildren(...dropped.map((item) => this.#rowOf(item)));
  }

  /** @param {Item} item */
  #rowOf(item) {
    const text = item.text === "" ? "Speech without words" : quoted(shortened(item.text));
    const back = () => this.#takeBack(item);
    const attributes = { "aria-label": `Take back ${text} at ${clock(item.start)}` };
    return element("li", {}, [
      element("span", { text: `${clock(item.start)} ${text}` }),
      button("Take back", back, { class: "quiet small", attributes }),
    ]);
  }

  /** @param {Item} item */
  #takeBack(item) {
    this.#reading.model.restore(item.id);
    this.#say("It is back.");
    /** @type {HTMLElement | null} */ (this.looked.querySelector("summary"))?.focus();
  }

  #showNext() {
    this.#before();
    const items = openItems(this.#reading.model);
    const item = items.find(({ start }) => start > this.#last) ?? items[0];
    this.#last = item.start;
    this.#reading.bringTime(item.start);
    const mark = this.#reading.root.querySelector(`[data-item="${item.id}"]`);
    mark?.scrollIntoView({ block: "center" });
    /** @type {HTMLElement | null} */ (mark?.querySelector("button"))?.focus({ preventScroll: true });
  }
}
