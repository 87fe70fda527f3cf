/** The row above the text: finding, marking doubtful words, and the keys. */

import { button, element } from "./elements.js";
import { icon } from "./icons.js";
import { roughMark } from "./paragraph_element.js";
import { prefer, preference } from "./preferences.js";
import { showKeys } from "./shortcuts.js";
import { clock } from "./times.js";

/**
 * @param {import("./reading.js").Reading} reading
 * @param {import("./find.js").Find} find
 * @returns {HTMLElement}
 */
export function textTools(reading, find) {
  const open = button("Find", () => find.open(), { class: "quiet" });
  open.prepend(icon("find"));
  const keys = button("Keys", showKeys, { class: "quiet for-keyboards" });
  const tools = element("div", { class: "tool-row" }, [open, doubtfulSwitch(reading), keys]);
  return element("div", { class: "text-tools" }, [tools, find.bar]);
}

/**
 * @param {import("./reading.js").Reading} reading
 * @returns {HTMLElement} what the mark of approximate times means; hidden while nothing has it
 */
export function roughLegend(reading) {
  const text = " The times of these words are approximate: they could not be aligned with the sound.";
  const legend = element("p", { class: "rough-legend" }, [roughMark(), text]);
  const draw = () => {
    legend.hidden = !reading.model.segments.some((segment) => segment.hasRoughTimes);
  };
  reading.addEventListener("model", draw);
  draw();
  return legend;
}

/** @param {import("./reading.js").Reading} reading */
function doubtfulSwitch(reading) {
  const box = element("input", { attributes: { type: "checkbox", role: "switch" } });
  const draw = () => reading.root.classList.toggle("mark-doubtful", box.checked);
  box.checked = preference("doubtful", "off") === "on";
  box.addEventListener("change", () => {
    prefer("doubtful", box.checked ? "on" : "off");
    draw();
  });
  draw();
  const title = "Underlines words of which the recogniser was not sure";
  return element("label", { class: "choice", attributes: { title } }, [box, "Doubtful words"]);
}

/**
 * @param {import("./transcript_model.js").TranscriptModel} model
 * @returns {HTMLElement} what is read in the place of a text that has no words; hidden while it has
 */
export function wordlessNote(model) {
  const isSilent = model.transcript.segments.length === 0;
  const text = isSilent ? "No words were heard in this recording." : "All words of this recording were removed.";
  const note = element("p", { class: "wordless-note", text });
  const draw = () => {
    note.hidden = model.paragraphs.length > 0;
  };
  model.addEventListener("change", draw);
  draw();
  return note;
}

/**
 * The way back to the place that is heard, for someone who scrolled away.
 *
 * @param {import("./reading.js").Reading} reading
 * @returns {HTMLElement}
 */
export function wayBack(reading) {
  const { player, following } = reading;
  const back = button("", () => following.set(true), { class: "way-back" });
  back.hidden = true;
  let shown = "";
  const draw = () => {
    const isAway = player.hasMoved && !following.isOn && (player.playing || !reading.isInSight);
    back.hidden = !isAway;
    const text = `Back to ${clock(player.time)}`;
    if (isAway && text !== shown) back.textContent = text;
    shown = text;
  };
  player.addEventListener("time", draw);
  player.addEventListener("state", draw);
  following.addEventListener("change", draw);
  return back;
}
