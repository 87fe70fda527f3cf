/** The menu of downloads: a transcript in every format, and the recording. */

import { relative } from "./api.js";
import { button, element, openDialog } from "./elements.js";

/**
 * Formats in groups: name in addresses, title, what it is for. A test compares them with the API's.
 *
 * @type {[string, [string, string, string][]][]}
 */
const GROUPS = [
  [
    "Documents",
    [
      ["docx", "Word", "Names and times, to edit and print"],
      ["html", "Web page", "One file, opens without a connection"],
      ["md", "Markdown", "For notes and wikis"],
      ["txt", "Plain text", "Paragraphs with names and times"],
    ],
  ],
  [
    "Captions",
    [
      ["srt", "SubRip", "For most video programs"],
      ["vtt", "WebVTT", "For video on web pages"],
      ["lrc", "LRC", "For players that show lyrics"],
    ],
  ],
  [
    "Data",
    [
      ["json", "JSON", "All that the machine heard, without corrections"],
      ["csv", "Table of sentences", "CSV, for spreadsheets"],
      ["words-csv", "Table of words", "CSV, for spreadsheets"],
      ["parquet", "Sentences as Parquet", "For data analysis"],
      ["words-parquet", "Words as Parquet", "For data analysis"],
      ["textgrid", "TextGrid", "For Praat"],
      ["rttm", "RTTM", "Who speaks when"],
      ["ctm", "CTM", "Words with times"],
      ["whisperx", "WhisperX", "JSON as whisperx writes it"],
      ["openai", "OpenAI", "JSON as OpenAI's API writes it"],
    ],
  ],
];
const CAPTIONS = "Captions";

/**
 * @typedef {import("./recording_view.js").OpenRecording} OpenRecording
 * @typedef {{option: string, text: string, input: HTMLInputElement | HTMLSelectElement}} CaptionField
 */

/**
 * Adds the button that opens the menu.
 *
 * @param {OpenRecording} recording
 */
export function downloads(recording) {
  const attributes = { "aria-haspopup": "dialog" };
  recording.slots.actions.append(button("Download", () => open(recording), { attributes }));
}

/** @param {OpenRecording} recording */
function open(recording) {
  const menu = new DownloadMenu(recording);
  const dialog = openDialog("Download", [menu.root]);
  dialog.classList.add("downloads-dialog");
  const close = button("Close", () => dialog.close());
  dialog.append(element("div", { class: "buttons" }, [close]));
}

class DownloadMenu {
  #path;
  /** @type {[HTMLAnchorElement, string][]} links and their formats */
  #links = [];
  #fields = captionFields();
  #original = element("input", { attributes: { type: "radio", name: "text", value: "original" } });

  /** @param {OpenRecording} recording */
  constructor(recording) {
    this.#path = `api/v1/jobs/${encodeURIComponent(recording.id)}`;
    const groups = GROUPS.map(([title, formats]) => this.#group(title, formats));
    const choice = isCorrected(recording) ? [this.#choice()] : [];
    this.root = element("div", { class: "downloads" }, [...choice, ...groups, ...this.#recordingOf(recording)]);
    this.root.addEventListener("input", () => this.#address());
    this.#address();
  }

  #choice() {
    const corrected = element("input", { attributes: { type: "radio", name: "text", checked: true } });
    const labels = [
      element("label", { class: "choice" }, [corrected, "Corrected text"]),
      element("label", { class: "choice" }, [this.#original, "As the machine heard it"]),
    ];
    return element("fieldset", {}, [element("legend", { class: "visually-hidden", text: "Which text" }), ...labels]);
  }

  /**
   * @param {string} title
   * @param {[string, string, string][]} formats
   */
  #group(title, formats) {
    const items = formats.map(([format, name, use]) => this.#item(format, name, use));
    const parts = [element("h3", { text: title }), element("ul", {}, items)];
    if (title === CAPTIONS) parts.push(this.#captionOptions());
    return element("section", {}, parts);
  }

  /**
   * @param {string} format
   * @param {string} name
   * @param {string} use
   */
  #item(format, name, use) {
    const link = element("a", { attributes: { download: true } }, [
      element("strong", { text: name }),
      element("span", { text: use }),
    ]);
    this.#links.push([link, format]);
    return element("li", {}, [link]);
  }

  #captionOptions() {
    const fields = this.#fields.map(({ text, input }) => element("label", { class: "field" }, [text, input]));
    const summary = element("summary", { text: "Options of captions" });
    return element("details", {}, [summary, element("div", { class: "caption-fields" }, fields)]);
  }

  /** @param {OpenRecording} recording */
  #recordingOf({ job }) {
    if (job.links.audio === null) return [];
    const link = element("a", { attributes: { download: true, href: relative(`${this.#path}/audio`) } }, [
      element("strong", { text: "Recording" }),
      element("span", { text: "The file that was uploaded" }),
    ]);
    const parts = [element("h3", { text: "Sound" }), element("ul", {}, [element("li", {}, [link])])];
    return [element("section", {}, parts)];
  }

  /** Has each link lead to what is chosen. */
  #address() {
    const captions = GROUPS.find(([title]) => title === CAPTIONS)?.[1].map(([format]) => format) ?? [];
    for (const [link, format] of this.#links) {
      const query = new URLSearchParams({ format });
      if (this.#original.checked && format !== "json") query.set("original", "true");
      if (captions.includes(format)) this.#addOptions(query);
      link.href = relative(`${this.#path}/transcript?${query}`);
    }
  }

  /** @param {URLSearchParams} query */
  #addOptions(query) {
    for (const { option, input } of this.#fields) {
      if (input.value !== "" && input.validity.valid) query.set(option, input.value);
    }
  }
}

/** @param {OpenRecording} recording */
function isCorrected({ model }) {
  return Object.values(model.edits).some((edits) => Object.keys(edits).length > 0);
}

/** @returns {CaptionField[]} empty ones leave an option as it is for the recording */
function captionFields() {
  const number = (/** @type {string} */ name, /** @type {string} */ text, /** @type {number[]} */ [min, max, step]) => ({
    option: `caption-${name}`,
    text,
    input: element("input", { attributes: { type: "number", min, max, step, placeholder: "as it is" } }),
  });
  const choice = (/** @type {string} */ name, /** @type {string} */ text, /** @type {string[][]} */ values) => ({
    option: `caption-${name}`,
    text,
    input: element("select", {}, [["", "as it is"], ...values].map(([value, title]) =>
      element("option", { text: title, attributes: { value } }))),
  });
  return [
    number("line-length", "Characters of a line", [10, 200, 1]),
    number("lines", "Lines", [1, 4, 1]),
    number("min-seconds", "Seconds at least", [0, 10, 0.1]),
    number("max-seconds", "Seconds at most", [1, 60, 0.1]),
    number("characters-per-second", "Characters a second", [5, 100, 1]),
    number("gap", "Seconds between captions", [0, 1, 0.01]),
    choice("speakers", "Names of speakers", [["change", "where they change"], ["always", "always"], ["never", "never"]]),
    choice("words", "Times of words (WebVTT)", [["true", "yes"], ["false", "no"]]),
  ];
}
