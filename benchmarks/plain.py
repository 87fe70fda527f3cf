"""Plain whisperx: the same models through its own API, one after the other in one process, with its
defaults.

    python -m benchmarks.plain [--options FILE] RECORDING...

Loads everything, warms up, prints {"ready": true}, then a JSON object a recording, in their order:
the seconds of each step, the language, the words with their speakers, and the speakers' turns; or
the error that whisperx ended with. FILE holds a JSON list of each recording's options, named as
whisperx names them: language, task, min_speakers, max_speakers.
"""

import argparse
import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import torch
import whisperx
from numpy.typing import NDArray

os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # read when pyannote is imported; else it reports home
from pyannote.audio.pipelines import SpeakerDiarization
from whisperx.diarize import DiarizationPipeline

from benchmarks.d_vector import DVector
from functions.align import hama
from functions.align.wav2vec2 import install_empty_punkt_tables
from functions.diarize.model_files import embedded_files
from functions.diarize.pipeline import NoPLDA
from functions.transcribe import model_files as models
from shared.runtime.model_files import packaged_file
from shared.runtime.process import die_with_parent
from shared.settings import settings
from tests.support.recordings import sample

BATCH = 8
"""The default of whisperx's command. Its `transcribe` alone would take one window at a time."""
THREADS = 4
"""whisperx's default."""
DEADLINE = 3600
"""Seconds a recording may take."""

CHARACTERS = {name: chr(0xE000 + number) for number, name in enumerate(hama.UNITS[:-1])}
"""whisperx aligns characters, so each phoneme is one, from Unicode's private use area."""
CHARACTERS |= {hama.WORD_BOUNDARY: "|", hama.BLANK: "<pad>"}
METADATA = {
    "language": "en",
    "dictionary": {letter: column for column, letter in enumerate(CHARACTERS.values())},
    "type": "huggingface",
}

Options = Mapping[str, Any]
Segments = list[dict[str, Any]]


@dataclass
class Plain:
    """whisperx with its models loaded."""

    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        folder = models.find("base", settings().inference.models)
        self.recogniser = whisperx.load_model(
            str(folder), "cpu", compute_type="int8", threads=THREADS
        )
        acoustic_model()
        self.diarizer = object.__new__(
            DiarizationPipeline
        )  # its __init__ only loads the model from the hub
        self.diarizer.model = diarizer()

    def __call__(self, path: Path, options: Options) -> dict[str, Any]:
        self.seconds = {}
        audio = self.timed("decode", lambda: samples(path))
        heard = self.timed("transcribe", lambda: self.transcribe(audio, options))
        aligned = self.timed("align", lambda: align(heard["segments"], heard["language"], audio))
        bounds = {name: options.get(name) for name in ("min_speakers", "max_speakers")}
        turns = self.timed("diarize", lambda: self.diarizer(audio, **bounds))
        spoken = self.timed(
            "assign", lambda: whisperx.assign_word_speakers(turns, {"segments": aligned})
        )
        return {
            "seconds": self.seconds,
            "language": heard["language"],
            "words": [word for segment in spoken["segments"] for word in words(segment)],
            "turns": turns[["start", "end", "speaker"]].to_dict("records"),
        }

    def timed(self, step: str, work: Callable[[], Any]) -> Any:
        began = time.monotonic()
        done = work()
        self.seconds[step] = round(time.monotonic() - began, 2)
        return done

    def transcribe(self, audio: NDArray[np.float32], options: Options) -> Any:
        self.recogniser.tokenizer = (
            None  # whisperx leaves a failed recording's language to the next one
        )
        given = {name: options.get(name) for name in ("language", "task")}
        return self.recogniser.transcribe(audio, batch_size=BATCH, **given)


def diarizer() -> SpeakerDiarization:
    """pyannote's pipeline with its own defaults, of the parts that packages carry."""
    files = embedded_files()
    encoder = packaged_file("resemblyzer", "pretrained.pt")
    pipeline = SpeakerDiarization(
        segmentation=str(files.segmentation),
        segmentation_batch_size=8,
        embedding=DVector(encoder),
        embedding_batch_size=32,
        plda=NoPLDA(),
        clustering="AgglomerativeClustering",
    )
    pipeline.instantiate(
        {
            "segmentation": {"threshold": 0.5, "min_duration_off": 0.0},
            "clustering": {"method": "centroid", "threshold": 0.5, "min_cluster_size": 12},
        }
    )
    return pipeline.to(torch.device("cpu"))


class WhisperxNetwork(torch.nn.Module):
    """hama's network as whisperx uses one: waveform, shape (1, samples), to an object with log
    probabilities `.logits`, shape (1, frames, columns)."""

    def __init__(self, model: hama.PhonemeModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, waveform: torch.Tensor) -> SimpleNamespace:
        frames = self.model.log_probabilities(waveform[0].numpy())
        without_wildcard = frames[:, : len(CHARACTERS)]
        return SimpleNamespace(logits=without_wildcard[None])


def align(segments: Segments, language: str, audio: NDArray[np.float32]) -> Segments:
    """The segments with words; the words have no times in a language that whisperx has no model
    for here: it has hama for English."""
    if language != "en":
        return [{**segment, "words": untimed(segment["text"])} for segment in segments]
    return [sentence for segment in segments for sentence in aligned(segment, audio)]


def aligned(segment: dict[str, Any], audio: NDArray[np.float32]) -> Iterator[dict[str, Any]]:
    """The sentences of a segment, as whisperx splits them.

    The packaged aligner knows phonemes: words go in as phonemes and come out again as words. Of a
    segment that could not be aligned whisperx gives the text alone.
    """
    model = acoustic_model()
    found = untimed(segment["text"])
    spelt = {**segment, "text": " ".join(spelled(word["word"]) for word in found)}
    network = WhisperxNetwork(model)
    made = whisperx.align([spelt], network, METADATA, audio, "cpu")["segments"]
    timed = [word for sentence in made for word in sentence["words"]]
    if len(timed) != len(found):
        yield {**segment, "words": found}
        return
    for sentence in sentences(
        [{**times, **word} for times, word in zip(timed, found, strict=True)]
    ):
        times = [word for word in sentence if "start" in word and "end" in word] or [segment]
        start, end = min(word["start"] for word in times), max(word["end"] for word in times)
        yield {"start": start, "end": end, "words": sentence}


@cache
def acoustic_model() -> hama.PhonemeModel:
    install_empty_punkt_tables()
    return hama.PhonemeModel("en", "cpu")


def spelled(word: str) -> str:
    """A word in one character per phoneme; what has no phoneme is a wildcard of whisperx's."""
    classes = acoustic_model().encode_word(word)
    return "".join(CHARACTERS.get(name, name) for name in classes)


def untimed(text: str) -> list[dict[str, Any]]:
    return [{"word": word} for word in text.split()]


def sentences(words: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut after each full stop, question mark and exclamation mark."""
    sentence: list[dict[str, Any]] = []
    for word in words:
        sentence.append(word)
        if word["word"].endswith((".", "?", "!")):
            yield sentence
            sentence = []
    if sentence:
        yield sentence


def words(segment: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each with its segment's speaker, too: a word in a gap has none, but whisperx's captions take
    its segment's."""
    for word in segment["words"]:
        known = {
            name: value
            for name, value in word.items()
            if isinstance(value, str) or math.isfinite(value)
        }
        yield {**known, "segment_speaker": segment.get("speaker")}


def samples(path: Path) -> NDArray[np.float32]:
    """16 kHz mono, as whisperx.load_audio makes it with the ffmpeg command."""
    resampler = av.AudioResampler("s16", "mono", whisperx.audio.SAMPLE_RATE)
    with av.open(str(path)) as container:
        frames = [made for frame in container.decode(audio=0) for made in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]).astype(
        np.float32
    ) / np.float32(32768)


def results(paths: Sequence[Path], options: Sequence[Options]) -> Iterator[dict[str, Any]]:
    plain = Plain()
    plain(sample(), {})
    yield {"ready": True}
    for path, asked in zip(paths, options, strict=True):
        signal.alarm(DEADLINE)  # ends the process, wherever it hangs
        yield {"file": path.name, **answer(plain, path, asked)}
    signal.alarm(0)


def answer(plain: Plain, path: Path, options: Options) -> dict[str, Any]:
    """Whatever whisperx raises is the answer: somebody who runs it has no transcript then."""
    try:
        return plain(path, options)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    die_with_parent()
    asked = argparse.ArgumentParser(prog="python -m benchmarks.plain")
    asked.add_argument("--options", type=Path)
    asked.add_argument("recordings", type=Path, nargs="+")
    given = asked.parse_args()
    options = (
        json.loads(given.options.read_text()) if given.options else [{}] * len(given.recordings)
    )
    for result in results(given.recordings, options):
        sys.stdout.write("\n" + json.dumps(result, default=float) + "\n")  # whisperx prints, too
        sys.stdout.flush()


if __name__ == "__main__":
    main()
