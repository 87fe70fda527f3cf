/** The sound of a recording. Times are in seconds. */

/** How far the skip keys and buttons go. */
export const SKIP_SECONDS = 10;

/**
 * Fires "time" whenever the time changes, "seek" when someone jumps, "state" when it starts, stops
 * or changes its rate, "loaded" when its `address` can be played, and "unplayable" when none can.
 *
 * It works without sound, too: then it only remembers a place.
 */
export class Player extends EventTarget {
  #audio;
  /** @type {string[]} all addresses of the sound */
  #known;
  /** @type {string[]} those that were not tried yet */
  #addresses = [];
  #isWanted = false;
  #place = 0;
  #frame = 0;

  /**
   * @param {HTMLAudioElement} audio
   * @param {string[]} addresses of the sound, the best one first; none if it is gone
   * @param {number} duration of the recording, until the sound says it
   */
  constructor(audio, addresses, duration) {
    super();
    this.#audio = audio;
    this.#known = addresses;
    this.knownDuration = duration;
    this.address = "";
    this.hasSound = false;
    /** Whether it was played or someone jumped. */
    this.hasMoved = false;
    this.#listen();
    this.load();
  }

  /** Begins with the first address, also after none could be played. The place stays. */
  load() {
    this.#addresses = [...this.#known];
    this.#loadNext();
  }

  /** @returns {number} */
  get time() {
    return this.#place;
  }

  /** @returns {number} */
  get duration() {
    const { duration } = this.#audio;
    return Number.isFinite(duration) && duration > 0 ? duration : this.knownDuration;
  }

  get playing() {
    return !this.#audio.paused && !this.#audio.ended;
  }

  /** @returns {boolean} whether it is to be heard, but the sound has not come yet */
  get isWaiting() {
    return this.playing && this.#audio.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  /** @returns {number} 1 is the speed of speech */
  get rate() {
    return this.#audio.playbackRate;
  }

  set rate(rate) {
    this.#audio.defaultPlaybackRate = rate;
    this.#audio.playbackRate = rate;
    this.#fire("state");
  }

  /** @param {number} seconds */
  seek(seconds) {
    this.hasMoved = true;
    this.#place = Math.min(Math.max(seconds, 0), this.duration);
    if (this.hasSound) this.#audio.currentTime = this.#place;
    this.#fire("seek");
    this.#fire("time");
  }

  /** @param {number} seconds to go on, or back if negative */
  skip(seconds) {
    this.seek(this.time + seconds);
  }

  async play() {
    if (!this.hasSound) return;
    this.#isWanted = true;
    try {
      await this.#audio.play();
    } catch (error) {
      const isUnplayable = error instanceof DOMException && error.name === "NotSupportedError";
      if (!isUnplayable) this.#isWanted = false; // else an "error" event loads the next address
    }
  }

  pause() {
    this.#isWanted = false;
    this.#audio.pause();
  }

  toggle() {
    if (this.playing) {
      this.pause();
    } else {
      this.play();
    }
  }

  /** Ends the sound and all that it does. */
  close() {
    cancelAnimationFrame(this.#frame);
    this.#addresses = [];
    this.#audio.pause();
    this.#audio.removeAttribute("src");
  }

  #listen() {
    const audio = this.#audio;
    audio.addEventListener("loadedmetadata", () => this.#ready());
    audio.addEventListener("error", () => this.#loadNext());
    audio.addEventListener("play", () => this.#started());
    audio.addEventListener("pause", () => this.#fire("state"));
    for (const name of ["ended", "waiting", "playing"]) audio.addEventListener(name, () => this.#fire("state"));
    audio.addEventListener("seeked", () => this.#tell());
    audio.addEventListener("timeupdate", () => this.#tell());
  }

  #loadNext() {
    const address = this.#addresses.shift();
    if (address === undefined) {
      this.hasSound = false;
      queueMicrotask(() => this.#fire("unplayable"));
      return;
    }
    this.hasSound = true;
    this.address = address;
    this.#audio.preload = "metadata";
    this.#audio.src = address;
  }

  #ready() {
    if (this.#place > 0) this.#audio.currentTime = this.#place;
    this.#fire("loaded");
    if (this.#isWanted && this.#audio.paused) this.play();
    this.#fire("state");
  }

  #started() {
    this.hasMoved = true;
    this.#fire("state");
    cancelAnimationFrame(this.#frame);
    const follow = () => {
      this.#tell();
      if (this.playing) this.#frame = requestAnimationFrame(follow);
    };
    follow();
  }

  #tell() {
    if (this.#audio.readyState === 0) return;
    this.#place = this.#audio.currentTime;
    this.#fire("time");
  }

  /** @param {string} name */
  #fire(name) {
    this.dispatchEvent(new Event(name));
  }
}
