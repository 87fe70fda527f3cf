/** The bar at the bottom with which the sound is played. */

import { button, element, toast } from "./elements.js";
import { icon } from "./icons.js";
import { SKIP_SECONDS } from "./player.js";
import { prefer, preference } from "./preferences.js";
import { clock, hashOfSeconds, spokenTime } from "./times.js";

export const RATES = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, 3];

/** @typedef {import("./player.js").Player} Player */

/**
 * @param {Player} player
 * @returns {HTMLElement}
 */
export function playerBar(player) {
  const attributes = { role: "region", "aria-label": "Sound" };
  const bar = element("div", { class: "player", attributes }, [
    skipButton(player, -SKIP_SECONDS),
    playButton(player),
    skipButton(player, SKIP_SECONDS),
    positionOf(player),
    rateChoice(player),
    linkButton(player),
  ]);
  return bar;
}

/**
 * Says above the controls what is heard in the place of the recording.
 *
 * @param {HTMLElement} bar
 */
export function saySubstitute(bar) {
  if (bar.querySelector(".substitute")) return;
  const text = "You hear the copy that was transcribed: this browser cannot play the recording itself.";
  bar.prepend(element("p", { class: "substitute", text, attributes: { role: "status" } }));
}

/**
 * Shows why there is no sound, in the place of the controls.
 *
 * @param {HTMLElement} bar
 * @param {string} reason
 * @param {(() => void) | null} again loads it again; null if that is of no use
 */
export function sayWhySilent(bar, reason, again) {
  const parts = [element("p", { text: reason, attributes: { role: "status" } })];
  if (again !== null) parts.push(button("Try again", again, { class: "quiet small" }));
  bar.querySelector(".why-silent")?.remove();
  bar.append(element("div", { class: "why-silent" }, parts));
  bar.classList.add("silent");
}

/**
 * Shows the controls again.
 *
 * @param {HTMLElement} bar
 */
export function showControls(bar) {
  bar.querySelector(".why-silent")?.remove();
  bar.classList.remove("silent");
}

/** @param {Player} player */
function playButton(player) {
  const play = button("", () => player.toggle(), { class: "primary play" });
  const draw = () => {
    play.replaceChildren(icon(player.playing ? "pause" : "play"));
    play.setAttribute("aria-label", player.playing ? "Pause" : "Play");
    play.setAttribute("aria-busy", String(player.isWaiting));
    play.title = player.isWaiting ? "The sound is being loaded" : "";
  };
  player.addEventListener("state", draw);
  draw();
  return play;
}

/**
 * @param {Player} player
 * @param {number} seconds
 */
function skipButton(player, seconds) {
  const name = `${Math.abs(seconds)} seconds ${seconds < 0 ? "back" : "forward"}`;
  const attributes = { "aria-label": name, title: name };
  const skip = button("", () => player.skip(seconds), { class: "quiet skip-sound", attributes });
  const sign = seconds < 0 ? "−" : "+";
  skip.append(`${sign}${Math.abs(seconds)}`);
  return skip;
}

/** @param {Player} player */
function positionOf(player) {
  const now = element("span", { class: "now" });
  const whole = element("span", { class: "whole-time" });
  const slider = element("input", {
    attributes: { type: "range", min: 0, step: 0.1, value: 0, "aria-label": "Position" },
  });
  slider.addEventListener("input", () => player.seek(Number(slider.value)));
  let shown = "";
  const draw = () => {
    const text = clock(player.time);
    slider.max = String(player.duration);
    slider.value = String(player.time);
    slider.style.setProperty("--played", `${(100 * player.time) / (player.duration || 1)}%`);
    if (text === shown) return;
    shown = text;
    now.textContent = text;
    const all = spokenTime(player.duration);
    slider.setAttribute("aria-valuetext", `${spokenTime(player.time)} of ${all}`);
    whole.textContent = clock(player.duration);
  };
  player.addEventListener("time", draw);
  player.addEventListener("state", () => {
    shown = "";
    draw();
  });
  draw();
  return element("div", { class: "position" }, [now, slider, whole]);
}

/** @param {Player} player */
function rateChoice(player) {
  const choice = element("select", { class: "rate", attributes: { "aria-label": "Speed" } });
  for (const rate of RATES) {
    choice.append(element("option", { text: `${rate}×`, attributes: { value: rate } }));
  }
  const liked = Number(preference("rate", "1"));
  if (RATES.includes(liked)) player.rate = liked;
  const draw = () => {
    choice.value = String(player.rate);
  };
  choice.addEventListener("change", () => {
    player.rate = Number(choice.value);
    prefer("rate", choice.value);
  });
  player.addEventListener("state", draw);
  draw();
  return choice;
}

/** @param {Player} player */
function linkButton(player) {
  const attributes = { "aria-label": "Copy a link to this second", title: "Copy a link to this second" };
  const copy = button("", () => copyLink(player.time), { class: "quiet copy-link", attributes });
  copy.append(icon("link"));
  return copy;
}

/** @param {number} seconds */
async function copyLink(seconds) {
  const address = new URL(location.href);
  address.hash = hashOfSeconds(seconds);
  history.replaceState(history.state, "", address);
  try {
    await navigator.clipboard.writeText(address.href);
    toast(`The link to ${clock(seconds)} is copied.`, { kind: "good" });
  } catch {
    toast(`The link to ${clock(seconds)} is in the address bar; it could not be copied.`);
  }
}
