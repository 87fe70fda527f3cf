"""A chunk of the recording and the words heard in it -> the same words, in sentences, placed in the sound."""

import wave
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Literal, Protocol

from functions.align.sentences import sentences, separator
from functions.align.timing import Fit, bounded, kept
from shared.contracts import Engine, Params
from shared.speech import Aligned, AlignedSegment, AlignedWord, Heard, HeardSegment, HeardWord, Region, Warning
from shared.stage import One, Output, Task

VERSION = "1"
"""Goes up when the same question would get another answer."""


class AlignParams(Params):
    """How to place the words of a chunk."""

    model: str | None = None
    """None: the deployment's."""
    task: Literal["transcribe", "translate"] = "transcribe"
    """What the recogniser was asked for. A translation is not in the sound: its words keep the recogniser's times."""


class Voice(Protocol):
    """An acoustic model of one language."""

    @property
    def engine(self) -> Engine: ...

    def fits(self, audio: Path, segments: Sequence[HeardSegment]) -> Iterator[Sequence[Fit] | None]:
        """For each segment, where each of its words is; None where the words do not fit the sound."""


class Aligner(Protocol):
    """A choice of acoustic models."""

    @property
    def engine(self) -> Engine: ...

    def voice(self, language: str) -> Voice | None:
        """The language's model, if there is one here."""


@dataclass(frozen=True)
class Placed:
    """A word, where it is, and what it belongs to."""

    word: HeardWord
    fit: Fit
    sentence: int
    segment: HeardSegment


def align(task: Task[AlignParams], load: Callable[[str | None], Aligner]) -> Iterator[Output]:
    """Yields `aligned`. `load` gives the aligner of a model; the deployment's when there is none."""
    heard = Heard.model_validate_json(task.files["heard"].read_bytes())
    aligner = load(task.params.model)
    voice = aligner.voice(heard.language) if heard.language and task.params.task == "transcribe" else None
    fits = tuple(voice.fits(task.files["audio"], heard.segments)) if voice else (None,) * len(heard.segments)
    words = within(placed(heard, fits), seconds(task.files["audio"]))
    yield One(
        "aligned",
        Aligned(
            language=heard.language,
            segments=aligned_segments(words, heard.language),
            words=aligned_words(words),
            asr=heard.engine,
            engine=voice.engine if voice else heard.engine,
            warnings=tuple(misfits(heard, fits) if voice else unplaced(heard, task.params)),
        ),
    )


def placed(heard: Heard, fits: Iterable[Sequence[Fit] | None]) -> Iterator[Placed]:
    """Every word once, in order. Where there is no fit, the recogniser's own times stand."""
    first = 0
    for segment, fit in zip(heard.segments, fits, strict=True):
        numbers = sentences([word.word for word in segment.words], heard.language)
        for word, place, number in zip(segment.words, fit or map(kept, segment.words), numbers, strict=True):
            yield Placed(word, place, first + number, segment)
        first += numbers[-1] + 1 if numbers else 0


def within(words: Iterable[Placed], duration: float) -> list[Placed]:
    """The words in order of time, inside the chunk."""
    unbounded = list(words)
    fits = bounded((word.fit for word in unbounded), duration)
    return [replace(word, fit=fit) for word, fit in zip(unbounded, fits, strict=True)]


def aligned_words(words: Iterable[Placed]) -> tuple[AlignedWord, ...]:
    return tuple(
        AlignedWord(
            segment=placed.sentence,
            word=placed.word.word,
            start=placed.fit.start,
            end=placed.fit.end,
            score=placed.fit.score,
            confidence=placed.word.probability,
            timing=placed.fit.timing,
        )
        for placed in words
    )


def aligned_segments(words: Iterable[Placed], language: str | None) -> tuple[AlignedSegment, ...]:
    """The sentences. Each carries the measures of the segment it was decoded in."""
    return tuple(
        sentence_of(list(members), separator(language)) for _, members in groupby(words, key=lambda word: word.sentence)
    )


def sentence_of(words: Sequence[Placed], between: str) -> AlignedSegment:
    segment = words[0].segment
    return AlignedSegment(
        start=words[0].fit.start,
        end=max(placed.fit.end for placed in words),
        text=between.join(placed.word.word for placed in words),
        avg_logprob=segment.avg_logprob,
        compression_ratio=segment.compression_ratio,
        no_speech_prob=segment.no_speech_prob,
    )


def unplaced(heard: Heard, params: AlignParams) -> Iterator[Warning]:
    """Says why nothing was aligned, where there was something to align."""
    if heard.segments and params.task == "transcribe":
        message = f"No alignment model for {heard.language!r} is here: its words keep the recogniser's times."
        yield Warning(code="no_aligner", stage="align", message=message)


def misfits(heard: Heard, fits: Iterable[Sequence[Fit] | None]) -> Iterator[Warning]:
    for segment, fit in zip(heard.segments, fits, strict=True):
        if fit is None:
            yield Warning(
                code="not_aligned",
                stage="align",
                message="The words do not fit the sound: they keep the recogniser's times.",
                span=Region(start=segment.start, end=segment.end),
            )


def seconds(audio: Path) -> float:
    """How long a WAV file is."""
    with wave.open(str(audio)) as file:
        return int(file.getnframes()) / int(file.getframerate())
