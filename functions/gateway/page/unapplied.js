/** Corrections of an earlier transcript of the recording that found no place in this one. */

import { quoted } from "./edit_words.js";
import { button, element } from "./elements.js";
import { clock } from "./times.js";

/** @type {Record<string, (text: string, edit: string) => string>} */
const WORDS = {
  word: (text, edit) => (edit === "" ? `${text} was removed` : `${text} was corrected to ${edit}`),
  sentence: (text, edit) => `The sentence ${text} was given to ${edit}`,
  speaker: (text, edit) => `${text} was named ${edit}`,
  merge: (text, edit) => `${text} was merged into ${edit}`,
  kept: (text) => `${text} was kept`,
  dropped: (text) => `${text} was thrown away`,
};

/**
 * @param {any[]} unapplied as the API has them
 * @param {(seconds: number, text: string | null) => void} go shows the place in the text; with a text,
 *   it proposes it for the word there
 * @returns {HTMLElement | null} null if there are none
 */
export function unappliedPanel(unapplied, go) {
  if (unapplied.length === 0) return null;
  const title = `Corrections that found no place: ${unapplied.length}`;
  const note = `The recording was transcribed again, and what is heard there now is something else. Go to
    each place and correct it again, or leave it.`;
  return element("details", { class: "unapplied" }, [
    element("summary", { text: title }),
    element("p", { class: "quiet-text small", text: note }),
    element("ul", {}, unapplied.map((edit) => rowOf(edit, go))),
  ]);
}

/**
 * @param {any} unapplied
 * @param {(seconds: number, text: string | null) => void} go
 */
function rowOf({ kind, text, edit, start }, go) {
  const describe = WORDS[kind] ?? WORDS.word;
  const words = describe(quoted(text), edit === "" ? "" : quoted(edit));
  const row = element("li", {}, [element("span", { text: words })]);
  if (start === null) return row;
  const proposed = kind === "word" ? edit : null;
  const attributes = { "aria-label": `Go to ${clock(start)}, where ${words}` };
  row.append(button(`Go to ${clock(start)}`, () => go(start, proposed), { class: "quiet small", attributes }));
  return row;
}
