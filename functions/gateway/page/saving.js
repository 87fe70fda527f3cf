/** Saves corrections by themselves, and joins them with those of other windows. */

import { send, session } from "./api.js";
import { isSame, merged, tidied, withChanges } from "./edit_changes.js";
import { copiedEdits, noEdits } from "./transcript_model.js";

/**
 * @typedef {import("./transcript_model.js").Edits} Edits
 * @typedef {import("./edit_changes.js").Collision} Collision
 * @typedef {"saved" | "changed" | "saving" | "offline" | "refused" | "outdated"} State
 *   changed: it is saved in a moment; refused: the server does not take it; outdated: the recording
 *   was transcribed again, so the ids are those of another transcript
 *
 * @typedef {(collisions: Collision[]) => Promise<("mine" | "theirs")[]>} Choose asks which of two
 *   values is right, for each collision
 */

/** Milliseconds after the last change until it is saved. */
const PAUSE = 1000;
/** Milliseconds until the first new try without a connection, and at most. */
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;
/** @type {Map<string, Promise<void>>} what is being saved although its view was closed, by path */
const closing = new Map();

/** Conflicts in a row after which it waits as without a connection. */
const TRIES = 5;

/** Fires "state" when its state changes, and "joined" when corrections of others were taken over. */
export class Saving extends EventTarget {
  /** @type {State} */
  state = "saved";
  /** Why it is not saved, as the server says it. */
  reason = "";
  /** @type {any[]} corrections of an earlier transcript that found no place */
  unapplied = [];
  #path;
  #history;
  #choose;
  #etag = "";
  /** @type {Edits} what the server has, as far as is known */
  #base = noEdits();
  /** @type {Edits | null} what was sent last, if it is not known whether it arrived */
  #unanswered = null;
  #timer = 0;
  #wait = FIRST_WAIT;
  /** @type {Promise<void> | null} */
  #running = null;
  #isClosing = false;
  #stop = new AbortController();

  /**
   * @param {string} path of the job in the API
   * @param {import("./edit_history.js").EditHistory} history
   * @param {Choose} choose
   */
  constructor(path, history, choose) {
    super();
    this.#path = `${path}/edits`;
    this.#history = history;
    this.#choose = choose;
  }

  get model() {
    return this.#history.model;
  }

  /**
   * Begins to save what changes.
   *
   * @param {any} stored the corrections as the API has answered them
   * @param {string} etag
   */
  open(stored, etag) {
    this.#begin(stored, etag);
    const { signal } = this.#stop;
    this.model.addEventListener("change", () => this.#changed(), { signal });
    window.addEventListener("online", () => this.save(), { signal });
    session.addEventListener("begun", () => this.save(), { signal });
    window.addEventListener("beforeunload", (event) => this.#leaving(event), { signal });
    document.addEventListener("visibilitychange", () => this.#looked(), { signal });
  }

  /** Saves what is not saved yet, and ends then. Without a connection it goes on trying. */
  close() {
    this.#isClosing = true;
    if (this.state === "outdated") this.#stop.abort();
    closing.set(this.#path, this.save());
  }

  /** @returns {boolean} whether every change is at the server */
  get isSaved() {
    return isSame(this.#mine(), this.#base);
  }

  /** Saves now what is not saved yet. */
  async save() {
    clearTimeout(this.#timer);
    if (this.state === "outdated") return;
    this.#running ??= this.#saveAll().finally(() => {
      this.#running = null;
    });
    await this.#running;
  }

  async #saveAll() {
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (this.isSaved) {
        this.#set("saved");
        return;
      }
      const goesOn = await this.#saveOnce();
      if (!goesOn) return;
    }
    this.#retryLater("Others keep changing it.");
  }

  /** @returns {Promise<boolean>} whether there may be more to save at once */
  async #saveOnce() {
    const mine = this.#mine();
    this.#set("saving");
    try {
      const answer = await send("PUT", this.#path, mine, { "If-Match": this.#etag });
      this.#begin(answer.body, answer.etag ?? "");
      return true;
    } catch (problem) {
      return this.#failed(problem, mine);
    }
  }

  /**
   * @param {any} problem
   * @param {Edits} mine what was sent
   */
  async #failed(problem, mine) {
    if (problem.status === 412) return this.#join();
    this.#unanswered = mine;
    if (problem.status === 0) {
      this.#retryLater("There is no connection.");
    } else if (problem.status === 429 || problem.status >= 500) {
      this.#retryLater(problem.message);
    } else {
      this.#set("refused", problem.message);
    }
    return false;
  }

  /** Takes over what others saved in the meantime. */
  async #join() {
    let answer;
    try {
      answer = await send("GET", this.#path);
    } catch (problem) {
      this.#retryLater(/** @type {Error} */ (problem).message);
      return false;
    }
    const { body, etag } = answer;
    if (baseOf(etag ?? "") !== baseOf(this.#etag)) {
      this.#set("outdated");
      return false;
    }
    const theirs = copiedEdits(body);
    const isOwn = this.#unanswered !== null && isSame(theirs, this.#unanswered);
    if (!isOwn) await this.#combine(theirs);
    this.#begin(body, etag ?? "");
    return true;
  }

  /** @param {Edits} theirs */
  async #combine(theirs) {
    const first = merged(this.#base, this.#mine(), theirs, this.#machineSpeakers());
    const choices = first.collisions.length > 0 ? await this.#choose(first.collisions) : [];
    const chosen = new Map();
    for (const [index, { field, id }] of first.collisions.entries()) {
      chosen.set(`${field} ${id}`, choices[index]);
    }
    // Mine may have changed while the question was open.
    const { edits, collisions } = merged(this.#base, this.#mine(), theirs, this.#machineSpeakers());
    const own = collisions.filter(({ field, id }) => chosen.get(`${field} ${id}`) !== "theirs");
    this.#history.takeOver(withChanges(edits, own, "mine"));
    this.dispatchEvent(new CustomEvent("joined", { detail: { collisions } }));
  }

  /** Takes over what others saved while the page was not looked at. */
  async #looked() {
    if (document.visibilityState === "hidden") {
      this.save();
      return;
    }
    if (!this.isSaved || this.#running !== null) return;
    try {
      const { body, etag } = await send("GET", this.#path);
      if (etag === this.#etag || !this.isSaved || this.#running !== null) return;
      if (baseOf(etag ?? "") !== baseOf(this.#etag)) {
        this.#set("outdated");
        return;
      }
      this.#begin(body, etag ?? "");
      this.#history.takeOver(copiedEdits(body));
    } catch {
      // The next change says what is wrong.
    }
  }

  /**
   * @param {any} body of the server's answer
   * @param {string} etag
   */
  #begin(body, etag) {
    this.#etag = etag;
    this.#base = copiedEdits(body);
    this.#unanswered = null;
    this.#wait = FIRST_WAIT;
    this.unapplied = body.unapplied ?? [];
  }

  #changed() {
    if (this.state === "outdated") return;
    clearTimeout(this.#timer);
    if (this.#running !== null) return;
    this.#set(this.isSaved ? "saved" : "changed");
    this.#timer = setTimeout(() => this.save(), PAUSE);
  }

  /** @param {string} reason */
  #retryLater(reason) {
    this.#set("offline", reason);
    this.#timer = setTimeout(() => this.save(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  /** @param {BeforeUnloadEvent} event */
  #leaving(event) {
    if (this.isSaved) return;
    event.preventDefault();
    this.save();
  }

  #mine() {
    return tidied(this.model.edits, this.#machineSpeakers());
  }

  /** @returns {string[]} */
  #machineSpeakers() {
    return this.model.transcript.speakers.map((/** @type {any} */ speaker) => speaker.id);
  }

  /**
   * @param {State} state
   * @param {string} reason
   */
  #set(state, reason = "") {
    this.state = state;
    this.reason = reason;
    this.dispatchEvent(new Event("state"));
    const goesOn = state === "saving" || state === "offline";
    if (this.#isClosing && !goesOn) this.#stop.abort();
  }
}

/**
 * Waits until what a closed view of a recording was saving is saved, or cannot be saved now.
 *
 * @param {string} path of the corrections in the API
 */
export async function whenClosed(path) {
  await closing.get(path);
  closing.delete(path);
}

/**
 * @param {string} etag such as '"3-12"'
 * @returns {string} the run whose transcript it is about: "3"
 */
function baseOf(etag) {
  return etag.replace(/^(W\/)?"/, "").split("-")[0];
}
