/** A field in the place of a word, with what can be done with the word and its sentence. */

import { cleaned, nextSpeaker } from "./edit_changes.js";
import { quoted } from "./edit_words.js";
import { button, element } from "./elements.js";
import { listenTo } from "./listening.js";
import { focusWord } from "./reading.js";

/**
 * @typedef {import("./reading.js").Reading} Reading
 * @typedef {import("./transcript_model.js").Word} Word
 */

/** Characters of a word, as the API takes it. */
const LONGEST_WORD = 200;
const NEW_SPEAKER = "new";
/** Pixels between the edge of the field and that of the word in it. */
const INSET = 5;

export class WordEditor {
  #reading;
  #slot;
  #say;
  /** @type {HTMLElement | null} */
  #box = null;
  /** @type {Word | null} */
  #word = null;
  #stop = new AbortController();

  /**
   * @param {Reading} reading
   * @param {HTMLElement} slot of the text
   * @param {(text: string) => void} say has a screen reader say something
   */
  constructor(reading, slot, say) {
    this.#reading = reading;
    this.#slot = slot;
    this.#say = say;
  }

  get #model() {
    return this.#reading.model;
  }

  get isOpen() {
    return this.#box !== null;
  }

  /** @param {EventTarget | null} target */
  holds(target) {
    return target instanceof Node && this.#box !== null && this.#box.contains(target);
  }

  /**
   * Opens the field in the place of a word that is drawn.
   *
   * @param {HTMLElement} shown
   * @param {string} [text] that is proposed
   */
  open(shown, text) {
    this.keep();
    const word = this.#model.words[Number(shown.dataset.index)];
    if (word === undefined) return;
    this.#word = word;
    this.#stop = new AbortController();
    const box = this.#boxOf(word, text ?? word.text);
    this.#box = box;
    this.#slot.append(box);
    this.#place();
    box.scrollIntoView({ block: "nearest" });
    const first = /** @type {HTMLElement} */ (box.querySelector("input, select, button"));
    first.focus({ preventScroll: true });
    if (first instanceof HTMLInputElement) first.select();
    const { signal } = this.#stop;
    this.#reading.addEventListener("model", () => this.#drawnAnew(), { signal });
    window.addEventListener("resize", () => this.#place(), { signal });
  }

  /** Closes the field, and corrects the word if its text is another one. */
  keep() {
    const [word, field] = [this.#word, this.#field];
    this.#close();
    if (word === null || word.id === null || field === null) return;
    const text = cleaned(field.value, LONGEST_WORD);
    if (text === word.text) return;
    this.#model.correctWord(word.id, text);
    const what = quoted(word.text);
    this.#say(text === "" ? `${what} is removed.` : `${what} is now ${quoted(text)}.`);
  }

  /** Closes the field without a change, and goes back to the word. */
  leave() {
    const word = this.#word;
    this.#close();
    if (word !== null) this.#focusNear(word);
  }

  /** @returns {HTMLInputElement | null} */
  get #field() {
    return this.#box?.querySelector("input") ?? null;
  }

  #close() {
    this.#stop.abort();
    const box = this.#box;
    this.#box = null;
    this.#word = null;
    box?.remove();
  }

  // What is in it

  /**
   * @param {Word} word
   * @param {string} text
   * @returns {HTMLElement}
   */
  #boxOf(word, text) {
    const name = `Correct ${quoted(word.text)}`;
    const box = element("div", { class: "word-editor", attributes: { role: "dialog", "aria-label": name } });
    if (word.id !== null) box.append(this.#fieldOf(word, text));
    const tools = element("div", { class: "editor-tools" });
    if (word.text !== word.machine) tools.append(this.#heardOf(word));
    tools.append(this.#speakerChoice(word), this.#buttonsOf(word));
    box.append(tools);
    box.addEventListener("mousedown", keepFocus);
    box.addEventListener("keydown", (/** @type {any} */ event) => this.#keyPressed(event));
    box.addEventListener("focusout", (/** @type {any} */ event) => this.#focusLeft(event));
    return box;
  }

  /**
   * @param {Word} word
   * @param {string} text
   */
  #fieldOf(word, text) {
    const attributes = {
      type: "text",
      value: text,
      dir: "auto",
      lang: word.language,
      autocomplete: "off",
      autocapitalize: "off",
      "aria-label": `Correct ${quoted(word.text)}`,
      "aria-description": "Enter keeps it, Escape leaves it as it was. An empty field removes the word.",
    };
    return element("input", { class: "word-field", attributes });
  }

  /** @param {Word} word */
  #heardOf(word) {
    const back = () => {
      if (word.id === null) return;
      this.#close();
      this.#model.correctWord(word.id, word.machine);
      this.#say(`${quoted(word.machine)} is back.`);
      this.#focusNear(word);
    };
    const text = element("span", {}, ["Heard: ", element("bdi", { text: word.machine })]);
    return element("p", { class: "heard small" }, [text, button("Take back", back, { class: "quiet small" })]);
  }

  /** @param {Word} word */
  #speakerChoice(word) {
    const { speakers } = this.#model;
    const current = this.#model.speakerOf(word.segment);
    const options = speakers.map(({ id, name }) =>
      element("option", { text: name, attributes: { value: id, selected: id === current } }),
    );
    if (current === null) {
      options.unshift(element("option", { text: "Nobody known", attributes: { value: "", selected: true } }));
    }
    options.push(element("option", { text: "Somebody new", attributes: { value: NEW_SPEAKER } }));
    const select = element("select", {}, options);
    select.addEventListener("change", () => this.#give(word, select.value));
    return element("label", { class: "sentence-speaker small" }, ["This sentence is by", select]);
  }

  /** @param {Word} word */
  #buttonsOf(word) {
    const segment = this.#model.segments.find((each) => each.id === word.segment);
    const listen = () => listenTo(this.#reading.player, word.start, word.end);
    const buttons = [button("Listen", listen, { class: "quiet small" })];
    if (word.id !== null) {
      buttons.push(button("Remove word", () => this.#remove(word), { class: "quiet small" }));
    }
    if (segment !== undefined) {
      buttons.push(button("Remove sentence", () => this.#removeSentence(word), { class: "quiet small" }));
    }
    return element("div", { class: "editor-buttons" }, buttons);
  }

  // What it does

  /**
   * @param {Word} word
   * @param {string} choice
   */
  #give(word, choice) {
    if (choice === "") return;
    const { transcript, edits } = this.#model;
    const machine = transcript.speakers.map((/** @type {any} */ speaker) => speaker.id);
    const used = [...machine, ...Object.values(edits.sentences)];
    const id = choice === NEW_SPEAKER ? nextSpeaker(used) : choice;
    this.#model.giveSentence(word.segment, id);
    this.#say(`The sentence is by ${this.#model.nameOf(id)}.`);
  }

  /** @param {Word} word */
  #remove(word) {
    if (word.id === null) return;
    this.#close();
    this.#model.correctWord(word.id, "");
    this.#say(`${quoted(word.text)} is removed.`);
    this.#focusNear(word);
  }

  /** @param {Word} word */
  #removeSentence(word) {
    this.#close();
    const isSuspect = word.suspect !== undefined;
    this.#model.drop(isSuspect ? String(word.segment) : `segment-${word.segment}`);
    this.#say("The sentence is removed.");
    this.#focusNear(word);
  }

  /** @param {KeyboardEvent} event */
  #keyPressed(event) {
    event.stopPropagation();
    if (event.key === "Escape") {
      event.preventDefault();
      this.leave();
    } else if (event.key === "Enter" && event.target === this.#field && !event.isComposing) {
      event.preventDefault();
      const word = this.#word;
      this.keep();
      if (word !== null) this.#focusNear(word);
    }
  }

  /** @param {FocusEvent} event */
  #focusLeft(event) {
    const box = this.#box;
    if (box === null || event.relatedTarget === null) return;
    if (!box.contains(/** @type {Node} */ (event.relatedTarget))) this.keep();
  }

  // Where it is

  #drawnAnew() {
    if (this.#box === null || this.#word === null) return;
    const shown = this.#shownOf(this.#word);
    if (shown === null) {
      this.#close();
      return;
    }
    this.#word = this.#model.words[Number(shown.dataset.index)];
    this.#place();
  }

  #place() {
    const shown = this.#word === null ? null : this.#shownOf(this.#word);
    const box = this.#box;
    if (shown === null || box === null) return;
    const word = shown.getClientRects()[0];
    const slot = this.#slot.getBoundingClientRect();
    // Rules of style may be set by scripts, but not written into elements.
    const [first, tools] = [box.firstElementChild, box.lastElementChild];
    if (first === null || tools === null) return;
    const field = this.#field;
    for (const part of /** @type {HTMLElement[]} */ ([first, tools])) {
      const left = Math.min(word.left - slot.left - INSET, slot.width - part.offsetWidth);
      part.style.marginLeft = `${Math.max(left, 0)}px`;
    }
    const above = field === null ? -word.height : (field.offsetHeight - word.height) / 2;
    box.style.top = `${word.top - slot.top - above}px`;
  }

  /**
   * @param {Word} word
   * @returns {HTMLElement | null} null if it is not drawn
   */
  #shownOf(word) {
    const drawn = /** @type {NodeListOf<HTMLElement>} */ (this.#reading.root.querySelectorAll(".word"));
    const found = [...drawn].find((shown) => {
      const each = this.#model.words[Number(shown.dataset.index)];
      return each.start === word.start && each.segment === word.segment && each.id === word.id;
    });
    return found ?? null;
  }

  /** @param {Word} word */
  #focusNear(word) {
    const shown = this.#shownOf(word) ?? this.#reading.bringTime(word.start);
    if (shown !== null) focusWord(shown);
  }
}

/** @param {MouseEvent} event beside the controls, which would take the focus out of the field */
function keepFocus(event) {
  const target = /** @type {Element} */ (event.target);
  if (target.closest("input, select, button, label") === null) event.preventDefault();
}
