"""Whisper by whisperx's batched pipeline, told where speech is; windows that it decodes badly are
decoded again."""

import io
import logging
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper.transcribe import TranscriptionOptions

from functions.transcribe import languages
from functions.transcribe import model_files as models
from functions.transcribe.chunk_decoder import Hearing
from functions.transcribe.decode_request import Take
from functions.transcribe.fallback import better
from functions.transcribe.gap_recovery import filled
from functions.transcribe.sound import LONGEST, Audio, fitting, part, samples
from functions.transcribe.stage import MULTI, TranscribeParams
from functions.transcribe.timed_whisper import Decoded, PieceTokenizer, TimedWhisperModel
from shared.model.artifacts import SAMPLE_RATE, Interval, RecognizedSegment
from shared.model.contracts import Engine
from shared.model.errors import BadOption
from shared.settings import settings

with warnings.catch_warnings():
    warnings.simplefilter(
        "ignore"
    )  # pyannote.audio says that it cannot decode files; nobody asks it to
    import whisperx.asr
    import whisperx.diarize
    import whisperx.vads

logging.getLogger("whisperx").setLevel(logging.ERROR)  # it logs to stdout

PROMPT_LIMIT = 223
"""Tokens of context that Whisper was trained with."""


def load(name: str | None = None) -> "Whisper":
    """The recogniser of the model called `name`; without one, the deployment's."""
    return loaded(name or settings().inference.whisper_model)


@lru_cache(maxsize=1)
def loaded(name: str) -> "Whisper":
    """One is kept in memory."""
    folder = models.find(name, settings().inference.models, settings().inference.download_models)
    device = settings().inference.device
    engine = Engine(
        name="whisperx",
        version=version("whisperx"),
        model=name,
        digest=f"sha256:{models.digest(folder)}",
        device=device,
    )
    model = TimedWhisperModel(
        str(folder), device, settings().inference.compute_type, settings().inference.threads
    )
    return Whisper(model, engine, settings().inference.batch_size)


class Whisper:
    """A loaded model. The pipeline keeps the state of the request it is in, hence the lock."""

    def __init__(self, model: TimedWhisperModel, engine: Engine, batch_size: int) -> None:
        self.engine = engine
        self.languages = frozenset(model.supported_languages)
        self.lock = threading.Lock()
        self.model = model
        self.batch_size = batch_size
        self.speech = GivenSpeech()
        with redirect_stdout(io.StringIO()):  # it prints that it was given a VAD
            self.pipeline = whisperx.asr.load_model(
                "", engine.device, model=model, vad_model=self.speech
            )
        self.options: TranscriptionOptions = self.pipeline.options

    def transcribe(
        self, audio: Path, speech: Sequence[Interval], language: str, params: TranscribeParams
    ) -> tuple[RecognizedSegment, ...]:
        sound = samples(audio)
        regions = tuple(fitting(speech, sound))
        hearing = Hearing(self.model, self.options, params, sound, regions)
        check_prompt(params, hearing.tokenizer(language))
        if not regions:
            return ()
        with self.lock, self.model.fresh_samples():
            takes = self.takes(hearing, language)
            first = zip(takes, self.first(takes, hearing), strict=True)
            best = [segment for take, heard in first for segment in better(take, heard, hearing)]
            return tuple(
                segment for segment in filled(best, takes, regions, hearing) if segment.text
            )

    def takes(self, hearing: Hearing, language: str) -> list[Take]:
        """The windows of the chunk, each with its language, in order of time."""
        if hearing.params.language != MULTI or len(self.languages) == 1:
            return [Take(window, language) for window in merged(hearing.speech)]
        stretches = languages.stretches(hearing.speech)
        windows = [
            part(hearing.sound, Interval(start=s[0].start, end=s[-1].end)) for s in stretches
        ]
        spoken = languages.likeliest(list(self.guesses(windows)), main=language)
        return [
            Take(window, code)
            for code, run in languages.runs(stretches, spoken)
            for window in merged(run)
        ]

    def first(self, takes: Sequence[Take], hearing: Hearing) -> list[RecognizedSegment]:
        """What the pipeline hears in the windows. It takes one language at a time."""
        decoded: dict[Take, Decoded] = {}
        for language in dict.fromkeys(take.language for take in takes):
            alike = [take for take in takes if take.language == language]
            decoded |= zip(alike, self.batches(alike, hearing), strict=True)
        return [hearing.segment(take, decoded[take]) for take in takes]

    def batches(self, takes: Sequence[Take], hearing: Hearing) -> list[Decoded]:
        self.speech.windows = [take.window.model_dump() for take in takes]
        self.pipeline.tokenizer = hearing.tokenizer(takes[0].language)
        self.pipeline.options = hearing.options
        self.model.begin([take.window.end - take.window.start for take in takes])
        self.pipeline.transcribe(hearing.sound, batch_size=self.batch_size)
        return self.model.decoded

    def guess(self, audio: Path, windows: Sequence[Sequence[Interval]]) -> list[dict[str, float]]:
        sound = samples(audio)
        with self.lock:
            return list(self.guesses([joined(sound, window) for window in windows]))

    def guesses(self, windows: Sequence[Audio]) -> Iterator[dict[str, float]]:
        for first in range(0, len(windows), self.batch_size):
            yield from self.model.guess(windows[first : first + self.batch_size])


class GivenSpeech(whisperx.vads.Vad):  # type: ignore[misc]
    """Stands where whisperx would search for speech: prepare has found it."""

    def __init__(self) -> None:
        super().__init__(vad_onset=0.5)  # means nothing here
        self.windows: list[dict[str, Any]] = []

    @staticmethod
    def preprocess_audio(audio: Audio) -> Audio:
        return audio

    def __call__(self, audio: dict[str, Any]) -> list[dict[str, Any]]:
        return self.windows

    @staticmethod
    def merge_chunks(
        windows: list[dict[str, Any]], chunk_size: float, onset: float, offset: float
    ) -> list[dict[str, Any]]:
        return windows


def check_prompt(params: TranscribeParams, tokenizer: PieceTokenizer) -> None:
    """Whisper would forget the beginning of what is too long."""
    length = sum(
        len(tokenizer.encode(text)) for text in (params.initial_prompt, params.hotwords) if text
    )
    if length > PROMPT_LIMIT:
        raise BadOption(
            f"initial_prompt and hotwords: {length} tokens together, at most {PROMPT_LIMIT}"
        )


def merged(speech: Sequence[Interval]) -> list[Interval]:
    """Neighbours put together in windows, by whisperx's rule."""
    regions = [whisperx.diarize.Segment(region.start, region.end) for region in speech]
    windows = whisperx.vads.Vad.merge_chunks(regions, LONGEST, onset=0.5, offset=None)
    return [
        Interval(start=round(window["start"], 3), end=round(window["end"], 3)) for window in windows
    ]


def joined(probe: Audio, window: Sequence[Interval]) -> Audio:
    """Returns the stretches of the probe one after the other, at most what Whisper hears at
    once."""
    sound = np.concatenate([part(probe, stretch) for stretch in window])
    return sound[: int(LONGEST * SAMPLE_RATE)]
