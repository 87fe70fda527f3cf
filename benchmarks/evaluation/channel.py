"""What lies between people's mouths and the recording: a room, a telephone line, noise."""

import random
from collections.abc import Callable, Iterator, Mapping

import numpy as np
from scipy.signal import resample_poly  # type: ignore[import-untyped]

from benchmarks.evaluation import noise
from benchmarks.evaluation.voices import LOUDNESS, RATE, Samples

TELEPHONE_RATE = 8000
"""Hz."""
TELEPHONE_BAND = (300.0, 3400.0)
"""Hz."""
MU = 255.0
"""Of the companding in ITU-T G.711."""
LEVELS = 127
"""Above and below 0 in 8 bits."""
ECHO_DELAY = RATE // 500
"""Samples between the direct sound and the first echo."""
ECHO_SECONDS = 0.35
"""Until the echo of a room is 60 dB quieter."""
ECHO_RATIO = (4.0, 10.0)
"""dB of the direct sound above the room's echo; drawn for each person."""
HIGHEST_PEAK = 0.95
"""Of 1, the largest sample of a file."""
Voices = Mapping[str, Samples]
"""The sound of each person alone, all of one length."""


class Channel:
    """Makes one recording of several voices."""

    def __init__(self, choose: random.Random, others: Iterator[Samples]) -> None:
        """`others`: speech of people who are not in the conversation, for babble."""
        self.choose, self.others = choose, others
        self.conditions: dict[str, Callable[[Voices], Samples]] = {
            "clean": self.clean,
            "telephone": self.telephone,
            "two-noises": self.two_noises,
            "room": self.room,
        }

    def clean(self, voices: Voices) -> Samples:
        """A quiet studio: noise 48 dB below speech."""
        speech = mixed(voices)
        return self.with_floor(speech, -48)

    def telephone(self, voices: Voices) -> Samples:
        """A line with companding: 300 to 3400 Hz, 8 bits, noise 40 dB below speech."""
        speech = mixed(voices)
        noisy = self.with_floor(speech, -40)
        narrow = telephone_band(noisy)
        return companded(narrow)

    def two_noises(self, voices: Voices) -> Samples:
        """Pink noise or hum until somewhere in the middle, then babble."""
        speech = mixed(voices)
        share = self.choose.uniform(0.35, 0.65)
        change = round(len(speech) * share)
        rest = len(speech) - change

        first_kind = self.choose.choice((self.pink, noise.hum))
        first = first_kind(change / RATE)
        second = noise.babble(rest / RATE, self.others)
        first_ratio = self.choose.uniform(12, 20)
        second_ratio = self.choose.uniform(10, 16)

        level = loudness(speech)
        quiet_first = first * amplitude(level, -first_ratio)
        quiet_second = second * amplitude(level, -second_ratio)
        both = np.concatenate([quiet_first, quiet_second])
        background = both[: len(speech)]
        return np.asarray(speech + background, np.float32)

    def room(self, voices: Voices) -> Samples:
        """A meeting room with an echo, in which each person has a place."""
        heard = {}
        in_order = sorted(voices.items())
        for name, voice in in_order:
            heard[name] = self.echoing(voice)

        speech = mixed(heard)
        return self.with_floor(speech, -38)

    def echoing(self, voice: Samples) -> Samples:
        """Returns the voice with its echo, which decays by 60 dB and is noise."""
        length = round(ECHO_SECONDS * RATE)
        share_passed = np.arange(length) / length
        decay = 10 ** (-3 * share_passed)
        seed = self.choose.getrandbits(32)
        generator = np.random.default_rng(seed)
        echo = generator.standard_normal(length) * decay
        echo[:ECHO_DELAY] = 0

        ratio = self.choose.uniform(*ECHO_RATIO)
        energy = np.sum(echo**2)
        echo *= amplitude(1.0, -ratio) / np.sqrt(energy)
        direct = 1
        echo[0] = direct
        return convolved(voice, echo)

    def pink(self, seconds: float) -> Samples:
        seed = self.choose.getrandbits(32)
        return noise.pink(seconds, seed)

    def with_floor(self, speech: Samples, level: float) -> Samples:
        """`level`: dB of the noise, relative to the loudness of all tracks."""
        seed = self.choose.getrandbits(32)
        seconds = len(speech) / RATE
        white = noise.white(seconds, seed)
        floor = white * amplitude(LOUDNESS, level)
        return np.asarray(speech + floor, np.float32)


def amplitude(reference: float, level: float) -> np.float32:
    """Returns the amplitude that is `level` dB above the reference."""
    factor = 10 ** (level / 20)
    return np.float32(reference * factor)


def loudness(speech: Samples) -> float:
    """Returns the root mean square of what is not silence."""
    sounding = speech[speech != 0]
    power = np.mean(np.square(sounding, dtype=np.float64))
    return float(np.sqrt(power))


def mixed(voices: Voices) -> Samples:
    names = sorted(voices)
    in_order = [voices[name] for name in names]
    total = np.sum(in_order, axis=0)
    return np.asarray(total, np.float32)


def unclipped(sound: Samples) -> Samples:
    """Returns the sound, made quieter if its peaks do not fit into a file."""
    peak = np.abs(sound).max()
    if peak <= HIGHEST_PEAK:
        return sound

    factor = HIGHEST_PEAK / peak
    return sound * np.float32(factor)


def telephone_band(sound: Samples) -> Samples:
    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    low, high = TELEPHONE_BAND
    is_below = frequency < low
    is_above = frequency > high
    spectrum[is_below | is_above] = 0

    narrow = np.fft.irfft(spectrum, len(sound))
    return np.asarray(narrow, np.float32)


def companded(sound: Samples) -> Samples:
    """With the distortion of 8 bits on a logarithmic scale, at 8000 Hz."""
    every = RATE // TELEPHONE_RATE
    at_line_rate = resample_poly(sound, 1, every)
    sampled = np.clip(at_line_rate, -1, 1)

    largest = np.log1p(MU)
    compressed = np.log1p(MU * np.abs(sampled))
    encoded = np.sign(sampled) * compressed / largest
    stored = np.round(encoded * 127) / 127

    exponent = np.abs(stored) * largest
    expanded = np.expm1(exponent)
    restored = np.sign(stored) * expanded / MU
    resampled = resample_poly(restored, every, 1)
    return np.asarray(resampled[: len(sound)], np.float32)


def convolved(sound: Samples, response: np.ndarray) -> Samples:
    length = len(sound) + len(response) - 1
    of_sound = np.fft.rfft(sound, length)
    of_response = np.fft.rfft(response, length)
    spectrum = of_sound * of_response

    whole = np.fft.irfft(spectrum, length)
    return np.asarray(whole[: len(sound)], np.float32)
