// Where recordings are added: a field for files, their options, and the uploads that are under way.

import { button, element } from "./elements.js";
import { chosenFiles, droppedFiles } from "./dropped_files.js";
import { spokenTime } from "./times.js";
import { Upload, uploads } from "./upload.js";
import { UploadOptions } from "./upload_options.js";
import { parted, sizeText } from "./words.js";

export class UploadPanel {
  #options = new UploadOptions();
  #rows = element("ul", { class: "uploads", attributes: { "aria-label": "Uploads" } });
  #news = element("p", { class: "visually-hidden", attributes: { role: "status" } });
  #input = element("input", { attributes: { type: "file", multiple: true, id: "files", hidden: true } });
  #stop = new AbortController();
  #field;

  constructor() {
    const choose = button("Choose files", () => this.#input.click(), { class: "primary" });
    const text = element("p", { class: "drop-text" }, [
      element("strong", { text: "Drop recordings here" }),
      element("span", { class: "quiet-text", text: "Audio or video, of any size, several at once, or whole folders." }),
    ]);
    this.#field = element("div", { class: "drop-field" }, [text, choose, this.#input]);
    const parts = [this.#field, this.#options.root, this.#news, this.#rows];
    this.root = element("section", { class: "adding", attributes: { "aria-label": "Add recordings" } }, parts);
    this.#input.addEventListener("change", () => {
      this.#add(chosenFiles([...(this.#input.files ?? [])]));
      this.#input.value = "";
    });
    uploads.addEventListener("added", () => this.#draw(), { signal: this.#stop.signal });
    this.#draw();
  }

  /** Whether the field takes more room, as on a page without recordings. @param {boolean} value */
  set isProminent(value) {
    this.root.classList.toggle("prominent", value);
  }

  close() {
    this.#stop.abort();
  }

  /**
   * Takes what is dropped anywhere on the page.
   * @param {HTMLElement} place
   * @param {AbortSignal} signal
   */
  listen(place, signal) {
    const veil = element("div", { class: "drop-veil", attributes: { hidden: true } }, [
      element("p", { text: "Drop to transcribe" }),
    ]);
    place.append(veil);
    let depth = 0;
    const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
    const enter = (/** @type {DragEvent} */ event) => {
      if (!hasFiles(event)) return;
      depth += 1;
      veil.hidden = false;
    };
    const leave = () => {
      depth = Math.max(0, depth - 1);
      veil.hidden = depth === 0;
    };
    const over = (/** @type {DragEvent} */ event) => {
      if (hasFiles(event)) event.preventDefault();
    };
    const drop = async (/** @type {DragEvent} */ event) => {
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      depth = 0;
      veil.hidden = true;
      this.#add(await droppedFiles(event.dataTransfer));
    };
    document.addEventListener("dragenter", enter, { signal });
    document.addEventListener("dragleave", leave, { signal });
    document.addEventListener("dragover", over, { signal });
    document.addEventListener("drop", drop, { signal });
  }

  /** @param {import("./dropped_files.js").Found[]} found */
  #add(found) {
    const problem = this.#options.problem();
    if (problem !== null) {
      this.#news.textContent = problem;
      return;
    }
    const options = this.#options.values();
    const folder = this.#options.folder();
    uploads.add(found.map(({ file, name }) => new Upload(file, folder + name, options)));
  }

  #draw() {
    const shown = new Set(uploads.all.filter(({ state }) => state !== "done" && state !== "cancelled"));
    for (const upload of shown) {
      if (this.#rows.querySelector(`[data-key="${keyOf(upload)}"]`)) continue;
      this.#rows.append(new UploadRow(upload, (text) => { this.#news.textContent = text; }).root);
    }
  }
}

/** @type {WeakMap<Upload, string>} */
const KEYS = new WeakMap();
let keys = 0;

/** @param {Upload} upload */
function keyOf(upload) {
  if (!KEYS.has(upload)) KEYS.set(upload, String((keys += 1)));
  return KEYS.get(upload);
}

/** One upload. It goes away when it is done or cancelled. */
class UploadRow {
  #bar = element("progress", { attributes: { max: 1, value: 0 } });
  #state = element("p", { class: "facts-line" });
  #buttons = element("div", { class: "upload-buttons" });
  #name = element("span", { class: "upload-name", attributes: { dir: "auto" } });
  #upload;
  #say;
  /** @type {string | undefined} */
  #drawn;

  /** @param {Upload} upload @param {(text: string) => void} say */
  constructor(upload, say) {
    this.#upload = upload;
    this.#say = say;
    const text = element("div", { class: "upload-text" }, [this.#name, this.#bar, this.#state]);
    this.root = element("li", { class: "upload" }, [text, this.#buttons]);
    this.root.dataset.key = keyOf(upload);
    upload.addEventListener("change", () => this.#draw());
    this.#draw();
  }

  #draw() {
    const { state, name, sent, size } = this.#upload;
    const [, file] = parted(name);
    this.#bar.value = size === 0 ? 1 : sent / size;
    this.#bar.setAttribute("aria-label", `Upload of ${file}`);
    this.#state.textContent = stateOf(this.#upload);
    if (state === this.#drawn) return;
    const former = this.#drawn;
    this.#drawn = state;
    this.#name.textContent = file;
    this.root.className = `upload ${state}`;
    this.#bar.hidden = state === "failed";
    this.#drawButtons();
    if (former !== undefined) this.#say(`${file}: ${stateOf(this.#upload)}`);
    if (state === "done" || state === "cancelled") {
      uploads.remove(this.#upload);
      this.root.remove();
    }
  }

  #drawButtons() {
    const upload = this.#upload;
    const cancel = button(upload.state === "failed" ? "Dismiss" : "Cancel", () => upload.cancel(), { class: "quiet" });
    const more = [];
    if (upload.state === "failed" && upload.problem?.type === "name-taken") {
      more.push(button("Replace it", () => upload.retry({ replaces: true })));
      more.push(button("Keep both", () => upload.retry({ name: otherName(upload.name) })));
    } else if (upload.state === "failed") {
      more.push(button("Try again", () => upload.retry()));
    }
    this.#buttons.replaceChildren(...more, cancel);
  }
}

/** @param {Upload} upload */
function stateOf(upload) {
  const { state, sent, size, problem, secondsLeft } = upload;
  if (state === "waiting") return "Waiting for its turn";
  if (state === "paused") return "Paused until there is a connection. It goes on by itself.";
  if (state === "done") return "Uploaded";
  if (state === "cancelled") return "Cancelled";
  if (state === "failed") {
    return problem?.type === "name-taken" ? "There is a recording of this name already." : problem?.message ?? "";
  }
  const share = `${sizeText(sent)} of ${sizeText(size)}`;
  const isLong = secondsLeft !== null && secondsLeft > 5;
  return isLong ? `${share}, about ${spokenTime(roughly(secondsLeft))} left` : share;
}

/** @param {number} seconds */
function roughly(seconds) {
  const step = seconds > 90 ? 60 : 5;
  return Math.ceil(seconds / step) * step;
}

/** @param {string} name @returns {string} such as "call (2).mp3" for "call.mp3" */
function otherName(name) {
  const [folder, file] = parted(name);
  const match = /^(.*?)(?: \((\d+)\))?(\.[^.]*)?$/.exec(file);
  const number = Number(match?.[2] ?? 1) + 1;
  return `${folder}${match?.[1] ?? file} (${number})${match?.[3] ?? ""}`;
}
