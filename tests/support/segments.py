"""Recognised segments and chunk audio for tests of align."""

import wave
from pathlib import Path

import numpy as np

from functions.align.chunk_audio import ChunkAudio
from shared.model.artifacts import SAMPLE_RATE, RecognizedSegment, RecognizedWord


def segment(
    start: float, end: float, text: str, avg_logprob: float = -0.2, language: str | None = "en"
) -> RecognizedSegment:
    """Returns a segment whose words last 0.1 s each, one after the other from its start."""
    words = tuple(
        RecognizedWord(word=word, start=start + n / 10, end=start + (n + 1) / 10, probability=0.8)
        for n, word in enumerate(text.split())
    )
    return RecognizedSegment(
        start=start,
        end=end,
        language=language,
        text=text,
        avg_logprob=avg_logprob,
        compression_ratio=1.1,
        no_speech_prob=0.01,
        temperature=0.2,
        quality_flags=("improbable",),
        words=words,
    )


def audio_with_speech(
    *intervals: tuple[float, float], seconds: float = 10, noise: float = 0.0005
) -> ChunkAudio:
    """Returns loud noise in the intervals, and noise of amplitude `noise` elsewhere."""
    random = np.random.default_rng(1)
    length = round(seconds * SAMPLE_RATE)
    samples = random.standard_normal(length).astype(np.float32) * np.float32(noise)

    for start, end in intervals:
        first, last = round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)
        speech = random.standard_normal(last - first).astype(np.float32)
        samples[first:last] += speech * np.float32(0.1)
    return ChunkAudio(samples)


def write_silence(path: Path, seconds: float) -> Path:
    length = round(seconds * SAMPLE_RATE)
    return write_wav(path, ChunkAudio(np.zeros(length, np.float32)))


def write_wav(path: Path, audio: ChunkAudio) -> Path:
    clipped = np.clip(audio.samples, -1, 1)
    pcm = (clipped * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes(pcm.tobytes())
    return path
