// Parts that the sections of the settings are made of.

import { ApiProblem } from "./api.js";
import { button, element, openDialog, toast } from "./elements.js";

/**
 * Returns a section with a heading, and a button beside it.
 * @param {string} title
 * @param {string} text
 * @param {HTMLElement[]} [actions]
 */
export function section(title, text, actions = []) {
  const head = element("div", { class: "section-head" }, [element("h2", { text: title }), ...actions]);
  const note = text ? [element("p", { class: "quiet-text", text })] : [];
  return element("section", { class: "settings-section" }, [head, ...note]);
}

/** @param {[string, string | Node][]} facts @returns {HTMLElement} */
export function factList(facts) {
  const rows = facts.filter(([, value]) => value !== "").map(([name, value]) =>
    element("div", {}, [element("dt", { text: name }), element("dd", {}, [value])]));
  return element("dl", { class: "fact-list" }, rows);
}

/**
 * Shows what loads, and what went wrong with it.
 * @param {HTMLElement} box is filled
 * @param {() => Promise<Node[]>} load
 */
export async function fill(box, load) {
  if (box.childElementCount === 0) box.replaceChildren(element("p", { class: "quiet-text", text: "Loading…" }));
  try {
    box.replaceChildren(...await load());
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    box.replaceChildren(element("p", { class: "reason", text: error.message }));
  }
}

/**
 * Does something, and shows the problem if it fails. Returns whether it succeeded.
 * @param {() => Promise<void>} action
 */
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    toast(error.message, { kind: "bad" });
    return false;
  }
}

/**
 * Opens a form in a dialog.
 * @param {string} title
 * @param {HTMLElement[]} fields
 * @param {string} yes text of the button that sends it
 * @param {() => Promise<void>} submit closes the dialog unless it throws
 */
export function formDialog(title, fields, yes, submit) {
  const problem = element("p", { class: "error", attributes: { role: "alert" } });
  const send = element("button", { class: "primary", text: yes, attributes: { type: "submit" } });
  const buttons = element("div", { class: "buttons" }, [button("Cancel", () => dialog.close()), send]);
  const form = element("form", { class: "stack" }, [...fields, problem, buttons]);
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    send.disabled = true;
    problem.textContent = "";
    try {
      await submit();
      dialog.close();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      problem.textContent = error.message;
    } finally {
      send.disabled = false;
    }
  });
  const dialog = openDialog(title, [form]);
  form.querySelector("input")?.focus();
}

/**
 * @param {string} text
 * @param {HTMLElement} input with an id
 * @param {string} [hint]
 */
export function labelled(text, input, hint = "") {
  const parts = [element("label", { text, attributes: { for: input.id } }), input];
  if (hint) {
    const id = `${input.id}-hint`;
    input.setAttribute("aria-describedby", id);
    parts.push(element("span", { class: "hint", text: hint, attributes: { id } }));
  }
  return element("div", { class: "field" }, parts);
}

/**
 * @param {string} name
 * @param {string[][]} choices values and texts
 * @param {(value: string) => boolean} isChecked
 * @param {string} legend
 */
export function checkboxes(name, choices, isChecked, legend) {
  const boxes = choices.map(([value, text]) => {
    const box = element("input", { attributes: { type: "checkbox", name, value, checked: isChecked(value) } });
    return element("label", { class: "check" }, [box, element("span", { text })]);
  });
  return element("fieldset", {}, [element("legend", { text: legend }), ...boxes]);
}

/** @param {HTMLElement} fieldset @returns {string[]} the values that are checked */
export function checkedIn(fieldset) {
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (fieldset.querySelectorAll("input:checked"));
  return [...boxes].map(({ value }) => value);
}

/**
 * Shows a secret that is shown only once.
 * @param {string} title
 * @param {string} text
 * @param {string} secret
 */
export function showSecret(title, text, secret) {
  const field = element("input", { class: "mono", attributes: {
    readonly: true, "aria-label": title, spellcheck: "false", id: "secret",
  } });
  field.value = secret;
  field.addEventListener("focus", () => field.select());
  const copied = element("span", { class: "quiet-text", attributes: { role: "status" } });
  const copy = button("Copy", async () => {
    field.select();
    await navigator.clipboard?.writeText(secret);
    copied.textContent = navigator.clipboard ? "Copied" : "Selected";
  }, { class: "primary" });
  const buttons = element("div", { class: "buttons" }, [copied, copy, button("Close", () => dialog.close())]);
  const dialog = openDialog(title, [element("p", { text }), field, buttons]);
  copy.focus();
}
