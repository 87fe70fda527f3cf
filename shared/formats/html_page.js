// Plays the recording beside its text: a click on a word plays from there, and the word that is heard
// is marked. Without this script the text can be read as well.
"use strict";

const audio = document.querySelector("audio");
const player = document.querySelector(".player");
const missing = document.querySelector(".missing");
const chooser = document.querySelector(".chooser");
const follow = document.querySelector(".follow input");
const rate = document.querySelector(".rate select");
let words = [];
let current = null;

/** Returns the words in the order of their times. They are read when they are first needed. */
function timedWords() {
  if (words.length === 0) {
    const found = [...document.querySelectorAll("p [data-t]")];
    words = found.map((element) => ({ element, start: Number(element.dataset.t) }));
    words.sort((first, second) => first.start - second.start);
  }
  return words;
}

/** Returns the last word that starts at the time or before it, or null. */
function wordAt(time) {
  const timed = timedWords();
  let low = 0;
  let high = timed.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timed[middle].start <= time) low = middle + 1;
    else high = middle;
  }
  return low > 0 ? timed[low - 1].element : null;
}

function markWord() {
  const word = wordAt(audio.currentTime + 0.02);
  if (word === current) return;
  if (current) current.removeAttribute("aria-current");
  current = word;
  if (!word) return;
  word.setAttribute("aria-current", "true");
  if (follow.checked && !audio.paused) showWord(word);
}

function showWord(word) {
  const place = word.getBoundingClientRect();
  const isShown = place.top > 0 && place.bottom < window.innerHeight - 120;
  if (!isShown) word.scrollIntoView({ block: "center" });
}

function markWhilePlaying() {
  markWord();
  if (!audio.paused) requestAnimationFrame(markWhilePlaying);
}

function seek(time) {
  const isReady = audio.readyState >= HTMLMediaElement.HAVE_METADATA;
  if (isReady) audio.currentTime = time;
  else audio.addEventListener("loadedmetadata", () => { audio.currentTime = time; }, { once: true });
}

async function playFrom(time) {
  seek(time);
  try {
    await audio.play();
  } catch {
    askForRecording();
  }
}

/** Shows where a file is chosen, if the recording is not beside this page or cannot be played. */
function askForRecording() {
  if (!audio.error) return;
  player.classList.add("silent");
  missing.hidden = false;
  chooser.hidden = false;
}

function playChosen(event) {
  const [file] = event.target.files;
  if (!file) return;
  const time = audio.currentTime;
  audio.src = URL.createObjectURL(file);
  player.classList.remove("silent");
  missing.hidden = true;
  if (time > 0) seek(time);
}

function playWord(event) {
  const chosen = event.target.closest("[data-t]");
  if (!chosen || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (String(getSelection())) return;
  event.preventDefault();
  playFrom(Number(chosen.dataset.t));
}

function goToAddress() {
  const time = Number(new URLSearchParams(location.hash.slice(1)).get("t"));
  if (!time) return;
  seek(time);
  const word = wordAt(time);
  if (word) word.scrollIntoView({ block: "center" });
}

function stopFollowing() {
  if (!audio.paused) follow.checked = false;
}

document.body.classList.add("plays");
document.querySelector(".follow").hidden = false;
document.querySelector(".rate").hidden = false;
document.querySelector("main").addEventListener("click", playWord);
audio.addEventListener("error", askForRecording);
audio.addEventListener("play", markWhilePlaying);
audio.addEventListener("seeked", markWord);
chooser.addEventListener("change", playChosen);
rate.addEventListener("change", () => { audio.playbackRate = Number(rate.value); });
audio.addEventListener("loadedmetadata", () => { audio.playbackRate = Number(rate.value); });
addEventListener("wheel", stopFollowing, { passive: true });
addEventListener("touchmove", stopFollowing, { passive: true });
addEventListener("hashchange", goToAddress);
askForRecording();
goToAddress();
