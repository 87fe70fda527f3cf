"""Plain whisperx: the same models through its own API, one after the other in one process, with its defaults.

    python -m benchmarks.plain RECORDING.wav...

Loads everything, warms up on the first 30 s of the first recording, then prints a JSON object a recording: the seconds
of each step, and the segments with their speakers.
"""

import json
import sys
import time
import wave
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import whisperx
from numpy.typing import NDArray
from whisperx.diarize import DiarizationPipeline

from functions.align import aligner, hama
from functions.diarize import pipeline
from functions.transcribe import models
from shared.settings import settings

BATCH = 8
"""The default of whisperx's command. Its `transcribe` alone would take one window at a time."""
THREADS = 4
"""whisperx's default."""


@dataclass
class Plain:
    """whisperx with its models loaded."""

    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        folder = models.find("base", settings().models)
        self.recogniser = whisperx.load_model(str(folder), "cpu", compute_type="int8", threads=THREADS)
        aligner.load()
        self.acoustic = hama.acoustic()
        self.diarizer = object.__new__(DiarizationPipeline)  # its __init__ only loads the model from the hub
        self.diarizer.model = pipeline.load().pipeline

    def __call__(self, audio: NDArray[np.float32]) -> list[dict[str, Any]]:
        heard = self.timed("transcribe", lambda: self.recogniser.transcribe(audio, batch_size=BATCH))
        aligned = self.timed("align", lambda: self.align(heard["segments"], audio))
        turns = self.timed("diarize", lambda: self.diarizer(audio))
        spoken = self.timed("assign", lambda: whisperx.assign_word_speakers(turns, aligned))
        return list(spoken["segments"])

    def timed(self, step: str, work: Callable[[], Any]) -> Any:
        began = time.monotonic()
        done = work()
        self.seconds[step] = round(time.monotonic() - began, 2)
        return done

    def align(self, segments: list[dict[str, Any]], audio: NDArray[np.float32]) -> dict[str, Any]:
        """The packaged aligner knows phonemes: words go in as phonemes and come out again as words."""
        words = iter([word for segment in segments for word in segment["text"].split()])
        spelt = [{**s, "text": " ".join(self.acoustic.written(word) for word in s["text"].split())} for s in segments]
        made = whisperx.align(spelt, self.acoustic.network, self.acoustic.metadata, audio, "cpu")
        for segment in made["segments"]:
            for word in segment["words"]:
                word["word"] = next(words)
            segment["text"] = " ".join(word["word"] for word in segment["words"])
        return dict(made)


def samples(path: Path) -> NDArray[np.float32]:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / np.float32(32768)


def results(paths: list[Path]) -> Iterator[dict[str, Any]]:
    plain = Plain()
    plain(samples(paths[0])[: 30 * 16_000])
    for path in paths:
        segments = plain(samples(path))
        words = [word for segment in segments for word in segment["words"]]
        yield {"file": path.name, "seconds": dict(plain.seconds), "words": words}


if __name__ == "__main__":
    for result in results([Path(argument) for argument in sys.argv[1:]]):
        print(json.dumps(result, default=float))
