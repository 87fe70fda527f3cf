"""Conversations of any length with exact truth, composed from real voices that packages carry.

Voices: Debian's asterisk-core-sounds-en-g722 and asterisk-core-sounds-en (prompts with their text,
CC-BY-SA) and pocketsphinx-testdata (LibriVox with its text). `apt-get install` them; the project
ships none of this audio.
"""

import gzip
import random
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
PROMPT_TEXTS = Path("/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz")
READINGS = Path("/usr/share/pocketsphinx/test/data/librivox")
LOUDNESS = 0.06
"""Root mean square that every clip is brought to."""
NOISE = 0.0008


@dataclass(frozen=True)
class Clip:
    speaker: str
    text: str
    samples: NDArray[np.float32]


@dataclass(frozen=True)
class Utterance:
    """What was said by whom, in seconds of the conversation."""

    speaker: str
    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Conversation:
    audio: Path
    seconds: float
    utterances: tuple[Utterance, ...]


def missing() -> str | None:
    """Which package is not installed; None when all are."""
    needed = {
        "asterisk-core-sounds-en-g722": PROMPTS,
        "asterisk-core-sounds-en": PROMPT_TEXTS,
        "pocketsphinx-testdata": READINGS,
    }
    lacking = [package for package, path in needed.items() if not path.exists()]
    return f"not installed: {', '.join(lacking)} (apt-get install)" if lacking else None


def compose(folder: Path, seconds: float, seed: int) -> Conversation:
    """Two people take turns; one turn in eight begins before the other's has ended."""
    choose, voices = random.Random(seed), pools()
    buffer = np.zeros(int((seconds + 60) * RATE), np.float32)
    utterances: list[Utterance] = []
    now, speaker = 0.4, choose.choice(sorted(voices))
    while now < seconds:
        for clip in turn(choose, voices[speaker]):
            first, last = int(now * RATE), int(now * RATE) + len(clip.samples)
            buffer[first:last] += clip.samples
            utterances.append(Utterance(speaker, now, last / RATE, clip.text))
            now = last / RATE + choose.uniform(0.08, 0.3)
        now += -choose.uniform(0.4, 1.0) if choose.random() < 0.125 else choose.uniform(0, 0.6)
        speaker = next(other for other in sorted(voices) if other != speaker)
    length = int((utterances[-1].end + 0.4) * RATE)
    noise = np.random.default_rng(seed).standard_normal(length).astype(np.float32) * NOISE
    audio = folder / f"conversation-{seconds:.0f}-{seed}.wav"
    write(audio, np.clip(buffer[:length] + noise, -1, 1))
    return Conversation(audio, length / RATE, tuple(utterances))


def turn(choose: random.Random, pool: list[Clip]) -> Iterator[Clip]:
    """One to three clips of one voice, 1.5 to 9 s in all."""
    spoken, target = 0.0, choose.uniform(1.5, 6)
    while spoken < target:
        clip = choose.choice(pool)
        spoken += len(clip.samples) / RATE
        yield clip


@cache
def pools() -> dict[str, list[Clip]]:
    return {"Allison": list(prompts()), "Reader": list(readings())}


def prompts() -> Iterator[Clip]:
    for line in gzip.decompress(PROMPT_TEXTS.read_bytes()).decode().splitlines():
        name, _, text = line.strip().partition(": ")
        path = PROMPTS / f"{name}.g722"
        if (
            name.startswith(";")
            or not path.exists()
            or len(text.split()) < 4
            or "[" in text
            or "(" in text
        ):
            continue
        yield clip("Allison", text, path)


def readings() -> Iterator[Clip]:
    for line in (READINGS / "transcription").read_text().splitlines():
        text, _, name = line.partition("</s>")
        yield clip("Reader", text.replace("<s>", "").strip(), READINGS / f"{name.strip(' ()')}.wav")


def clip(speaker: str, text: str, path: Path) -> Clip:
    samples = trimmed(decode(path))
    loudness = float(np.sqrt(np.mean(samples**2))) + 1e-6
    return Clip(speaker, text, samples * np.float32(LOUDNESS / loudness))


def decode(path: Path) -> NDArray[np.float32]:
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(str(path)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return np.asarray(samples, np.float32) / np.float32(32768)


def trimmed(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Without the silence around the speech, but for 20 ms."""
    loud = np.flatnonzero(np.abs(samples) > 0.03 * np.abs(samples).max())
    return samples[max(0, loud[0] - 320) : loud[-1] + 320]


def write(path: Path, samples: NDArray[np.float32]) -> None:
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((samples * 32767).astype("<i2").tobytes())
