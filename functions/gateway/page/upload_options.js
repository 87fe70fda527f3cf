// The options of recordings that are added. Two of them are shown; all others are found in the
// OpenAPI document when somebody wants to see them.

import { getJson } from "./api.js";
import { element } from "./elements.js";

/** Fields of the form that are no options, or have a field of their own. */
const LEFT_OUT = ["file", "name", "replace", "metadata", "language", "speakers"];
/** The languages that are offered first. */
const FREQUENT = ["en", "es", "fr", "de", "it", "pt", "nl", "pl", "ru", "uk", "tr", "ar", "hi", "zh", "ja", "ko"];

export class UploadOptions {
  #language = element("select", { attributes: { id: "option-language" } }, [
    choice("", "Find out by itself"),
    choice("multi", "Several languages"),
    ...FREQUENT.map((code) => choice(code, languageName(code))),
  ]);
  #speakers = element("input", { attributes: {
    id: "option-speakers", type: "number", min: 1, max: 50, placeholder: "Find out", inputmode: "numeric",
  } });
  #folder = element("input", { attributes: { id: "option-folder", placeholder: "None", spellcheck: "false" } });
  #further = element("div", { class: "further" });
  #hasFurther = false;

  constructor() {
    const frequent = element("div", { class: "option-fields" }, [
      field("Language", this.#language),
      field("Number of speakers", this.#speakers),
      field("Folder", this.#folder),
    ]);
    const more = element("details", { class: "more-options" }, [
      element("summary", { text: "More options" }), this.#further,
    ]);
    more.addEventListener("toggle", () => { if (more.open) this.#loadFurther(); });
    this.root = element("details", { class: "upload-options" }, [
      element("summary", { text: "Options for what you add" }), frequent, more,
    ]);
  }

  /** @returns {string | null} what is wrong with the options */
  problem() {
    if (this.#speakers.checkValidity()) return null;
    /** @type {any} */ (this.root).open = true;
    this.#speakers.reportValidity();
    return "The number of speakers is from 1 to 50.";
  }

  /** @returns {Record<string, unknown>} */
  values() {
    /** @type {Record<string, unknown>} */
    const values = {};
    if (this.#language.value) values.language = this.#language.value;
    if (this.#speakers.value) values.speakers = Number(this.#speakers.value);
    for (const input of this.#further.querySelectorAll("input")) {
      if (input.value.trim()) values[input.name] = input.value.trim();
    }
    return values;
  }

  /** @returns {string} with "/" at its end, or empty */
  folder() {
    const folder = this.#folder.value.trim().replace(/^\/+|\/+$/g, "");
    return folder && `${folder}/`;
  }

  async #loadFurther() {
    if (this.#hasFurther) return;
    this.#hasFurther = true;
    this.#further.replaceChildren(element("p", { class: "hint", text: "Loading…" }));
    const document = await getJson("openapi.json");
    const form = document.paths["/api/v1/jobs/upload"].post.requestBody.content["multipart/form-data"];
    const found = Object.entries(form.schema.properties).filter(([name]) => !LEFT_OUT.includes(name));
    const note = "Empty fields mean what the folder or the deployment says. Every format can also be "
      + "downloaded afterwards.";
    const fields = found.map(([name, { description }]) => furtherField(name, description));
    this.#further.replaceChildren(element("p", { class: "hint", text: note }),
      element("div", { class: "option-fields" }, fields));
  }
}

/** @param {string} value @param {string} text */
function choice(value, text) {
  return element("option", { text, attributes: { value } });
}

/** @param {string} code */
function languageName(code) {
  return new Intl.DisplayNames(["en"], { type: "language" }).of(code) ?? code;
}

/** @param {string} text @param {HTMLElement} input */
function field(text, input) {
  return element("div", { class: "field" }, [
    element("label", { text, attributes: { for: input.id } }), input,
  ]);
}

/** @param {string} name @param {string} description */
function furtherField(name, description = "") {
  const id = `option-${name}`;
  const hintId = `${id}-hint`;
  const hint = element("span", { class: "hint", text: description, attributes: { id: hintId } });
  const attributes = { id, name, "aria-describedby": hintId, autocomplete: "off", spellcheck: "false" };
  const input = element("input", { attributes });
  const label = name[0].toUpperCase() + name.slice(1).replaceAll("-", " ");
  const made = field(label, input);
  made.append(hint);
  return made;
}
