// Logs the page in: with a code from the address, or with a key that somebody types.

import { logIn } from "./account.js";
import { ApiProblem } from "./api.js";
import { element, openDialog } from "./elements.js";

const KEY = /^ds_/;

/** Takes the code out of an address such as "/#login=CODE", so that it stays in no history. */
export function codeOfAddress() {
  const match = /^#login=(.+)$/.exec(location.hash);
  if (match === null) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return match[1];
}

/** Fills the page with the login until it succeeds. @param {HTMLElement} place */
export function loginView(place) {
  return new Promise((resolve) => {
    const heading = element("h1", { text: "Log in" });
    const text = "Recordings in, transcripts out: who said what, and when.";
    const intro = element("p", { class: "quiet-text", text });
    const box = element("div", { class: "card login" }, [heading, intro, loginForm(resolve)]);
    place.replaceChildren(element("div", { class: "view login-view" }, [box]));
    place.querySelector("input")?.focus();
  });
}

/** Shows the login above what is shown, until it succeeds. @returns {Promise<void>} */
export function loginDialog() {
  return new Promise((resolve) => {
    const text = "You were logged out, as happens after twelve hours. Log in to go on where you were.";
    const done = () => dialog.close();
    const content = [element("p", { text }), loginForm(done)];
    const dialog = openDialog("Log in again", content, () => resolve());
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    dialog.querySelector("input")?.focus();
  });
}

/** @param {(value?: any) => void} done is called once the login has succeeded */
function loginForm(done) {
  const input = element("input", { attributes: {
    id: "login-key", name: "key", type: "password", required: true, autocomplete: "current-password",
    "aria-describedby": "login-hint login-error", spellcheck: "false",
  } });
  const hint = element("span", { class: "hint", attributes: { id: "login-hint" } }, [
    "It begins with ", element("code", { text: "ds_" }), ". ",
    element("code", { text: "dropscribe page" }), " prints an address that needs none.",
  ]);
  const error = element("span", { class: "error", attributes: { id: "login-error", role: "alert" } });
  const label = element("label", { text: "Key", attributes: { for: "login-key" } });
  const enter = element("button", { class: "primary", text: "Log in", attributes: { type: "submit" } });
  const form = element("form", { class: "stack" }, [
    element("div", { class: "field" }, [label, input, hint, error]), enter,
  ]);
  form.addEventListener("submit", async (/** @type {Event} */ event) => {
    event.preventDefault();
    enter.disabled = true;
    error.textContent = await refusal(input.value.trim());
    enter.disabled = false;
    if (error.textContent === "") done();
    else input.select();
  });
  return form;
}

/** @param {string} text @returns {Promise<string>} why it was refused; empty if it was not */
async function refusal(text) {
  const secret = KEY.test(text) ? { key: text } : { code: text };
  try {
    await logIn(secret);
    return "";
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    return error.status === 401 ? "This key is not known, was revoked or has expired." : error.message;
  }
}

