/** What becomes of a recording, in words: its progress, or why there is no transcript. */

import { element } from "./elements.js";
import { spokenTime } from "./times.js";

/** What each stage does, in the order in which a recording passes them. */
const STAGES = {
  prepare: "Reading the recording",
  detect: "Finding out the language",
  transcribe: "Writing down what is said",
  align: "Timing the words",
  diarize: "Telling the speakers apart",
  finalize: "Writing the transcript",
};

/**
 * Shows how far a job is. It can be updated.
 */
export class ProgressNotice {
  #bar;
  #share;
  #doing;
  #left;

  constructor() {
    this.#bar = element("progress", { attributes: { max: 1, "aria-label": "Progress" } });
    this.#share = element("span", { class: "share" });
    this.#doing = element("p", { class: "doing", attributes: { role: "status" } });
    this.#left = element("span", { class: "left" });
    const figures = element("p", { class: "figures" }, [this.#share, this.#left]);
    this.root = element("div", { class: "job-progress" }, [this.#doing, this.#bar, figures]);
  }

  /** @param {any} job as the API has it, or its state and progress */
  update({ state, progress, warnings = [] }) {
    const doing = whatIsDone(state, progress.stages, warnings);
    if (this.#doing.textContent !== doing) this.#doing.textContent = doing;
    this.#bar.value = progress.share;
    this.#share.textContent = `${Math.floor(progress.share * 100)} %`;
    this.#left.textContent = timeLeft(progress.eta_seconds);
  }
}

/**
 * @param {string} state
 * @param {{stage: string, done: number, of: number | null}[]} stages
 * @param {string[]} warnings codes
 */
function whatIsDone(state, stages, warnings) {
  if (warnings.includes("will_be_repeated")) {
    return "The last run failed for a reason that may pass. Another one starts by itself.";
  }
  if (state === "queued") return "Waiting for its turn";
  const stage = stages.find(({ done, of }) => of === null || done < of);
  if (stage === undefined) return STAGES.finalize;
  const doing = STAGES[/** @type {keyof STAGES} */ (stage.stage)] ?? stage.stage;
  if (stage.of === null || stage.of < 2) return doing;
  return `${doing}: ${stage.done} of ${stage.of} parts`;
}

/** @param {number | null} seconds */
function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (seconds < 60) return "less than a minute left";
  return `about ${spokenTime(Math.round(seconds / 60) * 60)} left`;
}

/**
 * @param {any} job that failed or was cancelled
 * @returns {HTMLElement} why, in the problem's words
 */
export function problemNotice(job) {
  const titles = { failed: "This recording could not be transcribed.", cancelled: "This job was cancelled." };
  const title = titles[/** @type {keyof titles} */ (job.state)] ?? "";
  const { problem } = job;
  const reasons = [problem?.title, problem?.detail].filter((text) => text);
  const paragraphs = reasons.map((text) => element("p", { text, attributes: { dir: "auto" } }));
  return notice("bad", title, paragraphs);
}

/**
 * @param {"bad" | "plain"} kind
 * @param {string} title
 * @param {HTMLElement[]} content
 */
export function notice(kind, title, content = []) {
  const heading = element("h2", { text: title });
  const attributes = { role: kind === "bad" ? "alert" : "note" };
  return element("div", { class: `message ${kind}`, attributes }, [heading, ...content]);
}
