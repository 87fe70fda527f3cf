"""What lies between people's mouths and the recording: a room, a telephone line, noise."""

import random
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from benchmarks.evaluation import noise
from benchmarks.evaluation.voices import LOUDNESS, RATE, Samples

TELEPHONE_RATE = 8000
"""Hz."""
TELEPHONE_BAND = (300.0, 3400.0)
"""Hz."""
MU = 255.0
"""Of the companding in ITU-T G.711."""
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
        return self.with_floor(mixed(voices), -48)

    def telephone(self, voices: Voices) -> Samples:
        """A line with companding: 300 to 3400 Hz, 8 bits, noise 40 dB below speech."""
        return companded(telephone_band(self.with_floor(mixed(voices), -40)))

    def two_noises(self, voices: Voices) -> Samples:
        """Pink noise or hum until somewhere in the middle, then babble."""
        speech = mixed(voices)
        change = round(len(speech) * self.choose.uniform(0.35, 0.65))
        first = self.choose.choice((self.pink, noise.hum))(change / RATE)
        second = noise.babble((len(speech) - change) / RATE, self.others)
        ratios = self.choose.uniform(12, 20), self.choose.uniform(10, 16)
        power = np.sqrt(np.mean(np.square(speech[speech != 0], dtype=np.float64)))
        quiet_first = first * np.float32(power * 10 ** (-ratios[0] / 20))
        quiet_second = second * np.float32(power * 10 ** (-ratios[1] / 20))
        background = np.concatenate([quiet_first, quiet_second])[: len(speech)]
        return np.asarray(speech + background, np.float32)

    def room(self, voices: Voices) -> Samples:
        """A meeting room with an echo, in which each person has a place."""
        heard = {name: self.echoing(voice) for name, voice in sorted(voices.items())}
        return self.with_floor(mixed(heard), -38)

    def echoing(self, voice: Samples) -> Samples:
        length = round(ECHO_SECONDS * RATE)
        generator = np.random.default_rng(self.choose.getrandbits(32))
        decay = 10 ** (-3 * np.arange(length) / length)
        echo = generator.standard_normal(length) * decay
        echo[: RATE // 500] = 0
        ratio = self.choose.uniform(*ECHO_RATIO)
        echo *= 10 ** (-ratio / 20) / np.sqrt(np.sum(echo**2))
        echo[0] = 1
        return convolved(voice, echo)

    def pink(self, seconds: float) -> Samples:
        return noise.pink(seconds, self.choose.getrandbits(32))

    def with_floor(self, speech: Samples, level: float) -> Samples:
        """`level`: dB of the noise, relative to the loudness of all tracks."""
        white = noise.white(len(speech) / RATE, self.choose.getrandbits(32))
        return np.asarray(speech + white * LOUDNESS * 10 ** (level / 20), np.float32)


def mixed(voices: Voices) -> Samples:
    in_order = [voice for _, voice in sorted(voices.items())]
    return np.asarray(np.sum(in_order, axis=0), np.float32)


def unclipped(sound: Samples) -> Samples:
    """Returns the sound, made quieter if its peaks do not fit into a file."""
    peak = float(np.abs(sound).max())
    return sound * np.float32(min(1.0, HIGHEST_PEAK / peak))


def telephone_band(sound: Samples) -> Samples:
    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(len(sound), 1 / RATE)
    low, high = TELEPHONE_BAND
    spectrum[(frequency < low) | (frequency > high)] = 0
    return np.asarray(np.fft.irfft(spectrum, len(sound)), np.float32)


def companded(sound: Samples) -> Samples:
    """With the distortion of 8 bits on a logarithmic scale, at 8000 Hz."""
    every = RATE // TELEPHONE_RATE
    sampled = np.clip(sound[::every], -1, 1)
    encoded = np.sign(sampled) * np.log1p(MU * np.abs(sampled)) / np.log1p(MU)
    stored = np.round(encoded * 127) / 127
    restored = np.sign(stored) * np.expm1(np.abs(stored) * np.log1p(MU)) / MU
    places = np.arange(len(sound)) / every
    return np.asarray(np.interp(places, np.arange(len(restored)), restored), np.float32)


def convolved(sound: Samples, response: np.ndarray) -> Samples:
    length = len(sound) + len(response) - 1
    spectrum = np.fft.rfft(sound, length) * np.fft.rfft(response, length)
    return np.asarray(np.fft.irfft(spectrum, length)[: len(sound)], np.float32)
