// The list of recordings: add some, see how far they are, search, filter, run again, cancel, erase.

import { account, may } from "./account.js";
import { ApiProblem, session } from "./api.js";
import { button, element } from "./elements.js";
import { isMeant, readJobs } from "./job_list.js";
import { JobRow } from "./job_row.js";
import { LiveJobs } from "./live_jobs.js";
import { uploads } from "./upload.js";
import { UploadPanel } from "./upload_panel.js";
import { dayText, parted, STATES, stateText } from "./words.js";

/** Milliseconds after the last letter until a search begins. */
const TYPING = 250;

/** @param {HTMLElement} place @returns {Promise<() => void>} a function that ends the view */
export async function show(place) {
  const view = new Recordings(place);
  await view.read();
  return () => view.close();
}

class Recordings {
  /** @type {Map<string, JobRow>} rows by job, in the order of the list */
  #rows = new Map();
  /** @type {string | null} */
  #cursor = null;
  #wanted = { state: "", text: "" };
  #reading = 0;
  #stop = new AbortController();
  #panel = new UploadPanel();
  #list = element("div", { class: "days" });
  #rest = element("div", { class: "rest" });
  #news = element("p", { class: "visually-hidden", attributes: { role: "status" } });
  /** @type {HTMLElement} */
  #tools;
  /** @type {LiveJobs | undefined} */
  #live;

  /** @param {HTMLElement} place */
  constructor(place) {
    const { signal } = this.#stop;
    this.#tools = this.#madeTools();
    const heading = element("h1", { text: "Recordings" });
    const folder = account().folder;
    const note = folder ? [element("p", { class: "quiet-text", text: `Those in the folder ${folder}` })] : [];
    const title = element("div", { class: "view-title" }, [heading, ...note]);
    const adding = may("write") ? [this.#panel.root] : [];
    place.append(title, ...adding, this.#tools, this.#news, this.#list, this.#rest);
    if (may("write")) this.#panel.listen(place, signal);
    uploads.addEventListener("done", () => this.#look(), { signal });
    session.addEventListener("begun", () => this.read(), { signal });
  }

  close() {
    this.#stop.abort();
    this.#live?.close();
    this.#panel.close();
  }

  /** Reads the list from its begin. */
  async read() {
    this.#reading += 1;
    const number = this.#reading;
    this.#list.setAttribute("aria-busy", "true");
    try {
      const { jobs, cursor } = await readJobs(this.#wanted, null);
      if (number !== this.#reading || this.#stop.signal.aborted) return;
      this.#rows.clear();
      this.#list.replaceChildren();
      this.#cursor = cursor;
      this.#append(jobs);
    } finally {
      this.#list.removeAttribute("aria-busy");
    }
    this.#live ??= new LiveJobs(
      () => [...this.#rows.values()],
      () => this.#look(),
      (row) => this.#say(row),
    );
    this.#live.refresh();
  }

  /** Brings the first page up to date, without moving what is shown. */
  async #look() {
    const number = this.#reading;
    try {
      const { jobs } = await readJobs({ state: "", text: "" }, null);
      if (number !== this.#reading || this.#stop.signal.aborted) return;
      for (const job of jobs.reverse()) this.#show(job);
      this.#drawRest();
      this.#live?.refresh();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error; // the next look may succeed
    }
  }

  /** Updates the row of a job, or adds one to the begin of the list. @param {any} job */
  #show(job) {
    const row = this.#rows.get(job.id);
    if (row !== undefined) {
      if (row.update(job)) this.#say(row);
    } else if (isMeant(job, this.#wanted) && this.#isNewest(job)) {
      this.#prepend(job);
    }
  }

  /** @param {any} job */
  #isNewest(job) {
    const first = this.#rows.values().next().value;
    return first === undefined || job.created >= first.job.created;
  }

  /** Says a job's end to screen readers. @param {JobRow} row */
  #say({ job }) {
    const [, file] = parted(job.name);
    this.#news.textContent = `${file}: ${stateText(job.state)}`;
  }

  // Rows

  /** @param {any[]} jobs */
  #append(jobs) {
    for (const job of jobs) {
      const row = this.#newRow(job);
      this.#rows.set(job.id, row);
      const last = /** @type {HTMLElement | null} */ (this.#list.lastElementChild);
      const day = last?.dataset.day === dayText(job.created) ? last : newDay(job);
      if (day !== last) this.#list.append(day);
      day.querySelector("ul")?.append(row.root);
    }
    this.#drawRest();
  }

  /** @param {any} job */
  #prepend(job) {
    const row = this.#newRow(job);
    this.#rows = new Map([[job.id, row], ...this.#rows]);
    const first = /** @type {HTMLElement | null} */ (this.#list.firstElementChild);
    const day = first?.dataset.day === dayText(job.created) ? first : newDay(job);
    if (day !== first) this.#list.prepend(day);
    day.querySelector("ul")?.prepend(row.root);
  }

  /** @param {any} job */
  #newRow(job) {
    const gone = () => {
      this.#rows.delete(job.id);
      const day = row.root.closest("section");
      row.root.remove();
      if (day?.querySelector("li") === null) day.remove();
      this.#drawRest();
      this.#live?.refresh();
    };
    const row = new JobRow(job, gone);
    return row;
  }

  /** Shows what follows the list: more of it, or why it is empty. */
  #drawRest() {
    const { state, text } = this.#wanted;
    const isFiltered = state !== "" || text !== "";
    const isEmpty = this.#rows.size === 0;
    this.#tools.hidden = isEmpty && !isFiltered && this.#cursor === null;
    this.#panel.isProminent = this.#tools.hidden;
    this.#rest.replaceChildren();
    if (isEmpty) this.#rest.append(emptyNote(isFiltered, () => this.#showAll()));
    if (this.#cursor !== null) {
      const label = text && isEmpty ? "Search older ones" : "Show more";
      this.#rest.append(button(label, () => this.#readMore()));
    }
  }

  async #readMore() {
    const number = this.#reading;
    const { jobs, cursor } = await readJobs(this.#wanted, this.#cursor);
    if (number !== this.#reading) return;
    const hadFocus = this.#rest.contains(document.activeElement);
    this.#cursor = cursor;
    this.#append(jobs);
    const first = jobs.length > 0 ? this.#rows.get(jobs[0].id)?.root : null;
    if (hadFocus) /** @type {any} */ (first?.querySelector("a") ?? this.#rest.querySelector("button"))?.focus();
    this.#live?.refresh();
  }

  // Search and filter

  #madeTools() {
    const search = element("input", { attributes: {
      type: "search", id: "search", placeholder: "Search by name", "aria-label": "Search by name",
      autocomplete: "off", spellcheck: "false",
    } });
    const { erased: _, ...offered } = STATES;
    const states = Object.entries({ "": "All states", ...offered });
    const options = states.map(([value, text]) => element("option", { text, attributes: { value } }));
    const filter = element("select", { attributes: { id: "state", "aria-label": "State" } }, options);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#want({ text: search.value.trim() }), TYPING);
    });
    filter.addEventListener("change", () => this.#want({ state: filter.value }));
    return element("div", { class: "tools", attributes: { role: "search" } }, [search, filter]);
  }

  /** @param {{state?: string, text?: string}} changed */
  async #want(changed) {
    this.#wanted = { ...this.#wanted, ...changed };
    await this.read();
    const count = this.#rows.size;
    this.#news.textContent = count === 1 ? "One recording" : `${count} recordings`;
  }

  #showAll() {
    for (const field of this.#tools.querySelectorAll("input, select")) {
      /** @type {HTMLInputElement} */ (field).value = "";
    }
    this.#want({ state: "", text: "" });
    this.#tools.querySelector("input")?.focus();
  }
}

/** @param {any} job */
function newDay(job) {
  const text = dayText(job.created);
  const day = element("section", { class: "day" }, [element("h2", { text }), element("ul")]);
  day.dataset.day = text;
  return day;
}

/** @param {boolean} isFiltered @param {() => void} showAll */
function emptyNote(isFiltered, showAll) {
  if (isFiltered) {
    const text = element("p", { text: "No recording matches." });
    return element("div", { class: "empty" }, [text, button("Show all", showAll)]);
  }
  const text = may("write")
    ? "Nothing is here yet. Each recording that you add gets a transcript that says who said what, and when."
    : "Nothing is here yet. This key can read recordings, but cannot add any.";
  return element("div", { class: "empty" }, [element("p", { text })]);
}
