"""Engines that do nothing, for measuring and testing everything around the models."""

from collections.abc import Sequence
from pathlib import Path

from functions.diarize.stage import RawDiarization, SpeakerBounds
from functions.transcribe.stage import TranscribeParams
from shared.model.artifacts import Interval, RecognizedSegment, RecognizedWord, Turn
from shared.model.contracts import Engine

ENVIRONMENT = {
    "DROPSCRIBE_TRANSCRIBER": "tests.support.noop:recogniser",
    "DROPSCRIBE_ALIGNER": "tests.support.noop:aligner",
    "DROPSCRIBE_DIARIZER": "tests.support.noop:diarizer",
}
"""Settings of a cloud that runs on them."""


class Noop:
    """All three engines. Says one word a region of speech, by one speaker."""

    engine = Engine(name="noop", version="1")
    languages = frozenset({"en", "de"})

    def transcribe(
        self, audio: Path, speech: Sequence[Interval], language: str, params: TranscribeParams
    ) -> tuple[RecognizedSegment, ...]:
        return tuple(
            RecognizedSegment(
                start=region.start,
                end=region.end,
                language=language,
                text="Word.",
                avg_logprob=None,
                compression_ratio=None,
                no_speech_prob=None,
                temperature=None,
                words=(
                    RecognizedWord(
                        word="Word.", start=region.start, end=region.end, probability=1.0
                    ),
                ),
            )
            for region in speech
        )

    def language_probabilities(
        self, audio: Path, windows: Sequence[Sequence[Interval]]
    ) -> list[dict[str, float]]:
        return [{"en": 0.9, "de": 0.1} for _ in windows]

    def language_logprobs(
        self, audio: Path, windows: Sequence[Sequence[Interval]], languages: Sequence[str]
    ) -> dict[str, float]:
        return dict.fromkeys(languages, -0.5)

    def for_language(self, language: str) -> None:
        """There is no acoustic model."""

    def __call__(self, audio: Path, bounds: SpeakerBounds) -> RawDiarization:
        turns = [Turn(start=0.0, end=1e6, speaker="A")]
        return RawDiarization(exclusive=turns, overlapping=turns, embeddings={"A": (1.0, 0.0)})


def recogniser(model: str | None) -> Noop:
    return Noop()


def aligner() -> Noop:
    return Noop()


def diarizer() -> Noop:
    return Noop()
