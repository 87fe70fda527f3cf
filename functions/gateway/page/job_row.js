// One recording of the list: its name, its state in words, how far it is, and what can be done with it.

import { may } from "./account.js";
import { ApiProblem, send } from "./api.js";
import { confirmed, element, link, toast } from "./elements.js";
import { ProgressNotice } from "./job_state.js";
import { menuButton } from "./menu.js";
import { hourText, parted, sizeText, stateText } from "./words.js";

const UNFINISHED = ["queued", "running"];

/** @param {any} job */
export function isUnfinished(job) {
  return UNFINISHED.includes(job.state);
}

export class JobRow {
  #name;
  #state;
  #facts;
  #more;
  /** @type {ProgressNotice | undefined} */
  #progress;
  #onGone;

  /**
   * @param {any} job as the list has it
   * @param {() => void} onGone is called once it was erased
   */
  constructor(job, onGone) {
    this.job = job;
    this.#onGone = onGone;
    this.#name = element("div", { class: "job-name" });
    this.#state = element("span", { class: "state" });
    this.#facts = element("p", { class: "facts-line" });
    this.#more = element("div", { class: "job-more" });
    const [, file] = parted(job.name);
    const menu = menuButton(`More for ${file}`, () => this.#actions());
    const text = element("div", { class: "job-text" }, [this.#name, this.#facts, this.#more]);
    this.root = element("li", { class: "job" }, [text, menu]);
    this.update(job);
  }

  /** Shows the job as it is now. @param {any} job with its progress, if that is known */
  update(job) {
    const former = this.job;
    this.job = { ...former, ...job };
    const hasChanged = former.state !== this.job.state || this.#name.childElementCount === 0;
    if (hasChanged || former.run !== this.job.run) this.#draw();
    if (isUnfinished(this.job) && this.job.progress) this.#showProgress();
    return former.state !== this.job.state;
  }

  #draw() {
    const { job } = this;
    const [folder, file] = parted(job.name);
    const place = element("span", { class: "folder", text: folder, attributes: { dir: "auto" } });
    const name = job.state === "erased"
      ? element("span", { text: "Erased recording", class: "quiet-text" })
      : link(file, `./?job=${encodeURIComponent(job.id)}`, { attributes: { dir: "auto" } });
    this.#name.replaceChildren(...(folder ? [place] : []), name);
    this.#state.textContent = stateText(job.state);
    this.#state.className = `state ${job.state}`;
    const facts = [hourText(job.created), sizeText(job.size)].filter((text) => text);
    this.#facts.replaceChildren(this.#state, ...facts.map((text) => element("span", { text })));
    this.#progress = undefined;
    const reasons = job.state === "failed" ? [job.problem?.detail || job.problem?.title] : [];
    const told = reasons.filter((text) => text);
    this.#more.replaceChildren(...told.map((text) => element("p", { class: "reason", text, attributes: { dir: "auto" } })));
  }

  #showProgress() {
    if (this.#progress === undefined) {
      this.#progress = new ProgressNotice();
      this.#progress.root.querySelector("[role=status]")?.removeAttribute("role");
      this.#more.replaceChildren(this.#progress.root);
    }
    this.#progress.update(this.job);
  }

  #actions() {
    const { job } = this;
    const actions = [];
    const open = () => this.#name.querySelector("a")?.click();
    if (job.state !== "erased") actions.push({ text: "Open", press: open });
    if (may("write") && isUnfinished(job)) actions.push({ text: "Cancel", press: () => this.#cancel() });
    const mayRunAgain = ["done", "failed", "cancelled"].includes(job.state) && job.links.audio !== null;
    if (may("write") && mayRunAgain) actions.push({ text: "Run again", press: () => this.#runAgain() });
    if (may("erase") && job.state !== "erased") {
      actions.push({ text: "Erase…", press: () => this.#erase(), isDangerous: true });
    }
    return actions;
  }

  #path() {
    return `api/v1/jobs/${encodeURIComponent(this.job.id)}`;
  }

  #runAgain() {
    return this.#try(async () => {
      const { body } = await send("POST", `${this.#path()}/redrive`, {});
      this.update(body);
    });
  }

  #cancel() {
    return this.#try(async () => {
      const { body } = await send("POST", `${this.#path()}/cancel`);
      this.update(body);
    });
  }

  async #erase() {
    const [, file] = parted(this.job.name);
    const text = `“${file}”, its transcript, its corrections and everything else made from it will be deleted. `
      + "This cannot be undone.";
    const question = { title: "Erase this recording?", text, yes: "Erase", isDangerous: true };
    if (!await confirmed(question)) return;
    await this.#try(async () => {
      await send("DELETE", this.#path());
      toast(`“${file}” was erased.`, { kind: "good" });
      this.#onGone();
    });
  }

  /** @param {() => Promise<void>} action */
  async #try(action) {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      toast(error.message, { kind: "bad" });
    }
  }
}
