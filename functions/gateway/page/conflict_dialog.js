/** Asks which of two values is right where two windows corrected the same. */

import { button, element, openDialog } from "./elements.js";
import { subjectOf, valueOf } from "./edit_words.js";

/**
 * @typedef {import("./edit_changes.js").Collision} Collision
 * @typedef {"mine" | "theirs"} Side
 */

/**
 * @param {Collision[]} collisions
 * @param {import("./transcript_model.js").TranscriptModel} model
 * @returns {Promise<Side[]>} the side that was chosen, for each collision
 */
export function chooseSides(collisions, model) {
  return new Promise((resolve) => {
    /** @type {Side[]} */
    const sides = collisions.map(() => "mine");
    const groups = collisions.map((collision, index) => {
      const choose = (/** @type {Side} */ side) => { sides[index] = side; };
      return groupOf(collision, index, model, choose);
    });
    const all = (/** @type {Side} */ side) => { sides.fill(side); dialog.close(); };
    const save = button("Save this choice", () => dialog.close(), { class: "primary" });
    const buttons = element("div", { class: "buttons" }, [save]);
    if (collisions.length > 1) {
      buttons.prepend(
        button("All of theirs", () => all("theirs")),
        button("All of mine", () => all("mine")),
      );
    }
    const text = "Another window or another person corrected the same while you did. What is right?";
    const content = [element("p", { text }), ...groups, buttons];
    const dialog = openDialog("Corrected twice", content, () => resolve(sides));
    // It cannot be left without an answer, since either answer replaces somebody's work.
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    save.focus();
  });
}

/**
 * @param {Collision} collision
 * @param {number} index
 * @param {import("./transcript_model.js").TranscriptModel} model
 * @param {(side: Side) => void} choose
 */
function groupOf(collision, index, model, choose) {
  const subject = subjectOf(collision, model);
  const legend = element("legend", { text: subject[0].toUpperCase() + subject.slice(1) });
  const choices = /** @type {Side[]} */ (["mine", "theirs"]).map((side) => {
    const attributes = { type: "radio", name: `conflict-${index}`, checked: side === "mine" };
    const radio = element("input", { attributes });
    radio.addEventListener("change", () => choose(side));
    const owner = element("span", { class: "owner", text: side === "mine" ? "Mine" : "Theirs" });
    const value = element("bdi", { text: valueOf(collision, collision[side], model) });
    return element("label", { class: "conflict-choice" }, [radio, owner, value]);
  });
  return element("fieldset", { class: "conflict" }, [legend, ...choices]);
}
