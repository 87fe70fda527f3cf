"""A chunk of the recording and the words heard in it -> the same words, in sentences, placed in the
sound."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Literal

from functions.align.alignment import Aligner, Placing
from functions.align.monotonic import Fit, bounded
from functions.align.sentences import sentences, separator
from functions.align.sound import Sound, read
from functions.align.word_boundaries import sounding
from shared.model.artifacts import (
    Aligned,
    AlignedSegment,
    AlignedWord,
    Recognition,
    RecognizedSegment,
    RecognizedWord,
)
from shared.model.contracts import Params
from shared.runtime.stage import Output, SingleOutput, StageInput

VERSION = "3"
"""Goes up when the same question would get another answer."""


class AlignParams(Params):
    """How to place the words of a chunk."""

    task: Literal["transcribe", "translate"] = "transcribe"
    """What the recogniser was asked for. A translation is not in the sound: its words keep the
    recogniser's times."""


@dataclass(frozen=True)
class Sentence:
    """Words that belong together, where they are, and the segment they were decoded in."""

    segment: RecognizedSegment
    words: tuple[tuple[RecognizedWord, Fit], ...]
    """Empty when the segment's text came without words."""


def align(task: StageInput[AlignParams], load: Callable[[], Aligner]) -> Iterator[Output]:
    """Yields `aligned`. `load` gives the deployment's aligner; a translation needs none."""
    heard = Recognition.model_validate_json(task.files["recognition"].read_bytes())
    sound = read(task.files["audio"])
    placing = Placing(heard.segments)
    if task.params.task == "transcribe":
        placing.place(load(), sound)
    told = list(spoken_in(heard.segments, fits_of(placing, sound)))
    yield SingleOutput(
        "aligned",
        Aligned(
            segments=tuple(aligned_segment(sentence, sound.seconds) for sentence in told),
            words=tuple(
                chain.from_iterable(
                    aligned_words(number, sentence) for number, sentence in enumerate(told)
                )
            ),
            asr=heard.engine,
            engines=tuple(placing.engines),
            warnings=(*heard.warnings, *placing.warnings),
        ),
    )


def fits_of(placing: Placing, sound: Sound) -> Iterator[Fit]:
    """Every word's place, in order, inside the chunk. Where there is no fit, the recogniser's own
    times stand."""
    given = (
        fits or [kept(word, sound) for word in segment.words]
        for segment, fits in zip(placing.segments, placing.fits, strict=True)
    )
    return bounded(list(chain.from_iterable(given)), sound.seconds)


def kept(word: RecognizedWord, sound: Sound) -> Fit:
    """The recogniser's own time, but for the pauses that it holds."""
    start, end = sounding(word.start, word.end, sound)
    return Fit(start, end, None, "asr")


def spoken_in(segments: Sequence[RecognizedSegment], fits: Iterator[Fit]) -> Iterator[Sentence]:
    """The sentences of all segments. `fits` are those of all their words."""
    for segment in segments:
        placed = list(zip(segment.words, islice(fits, len(segment.words)), strict=True))
        numbers = sentences([word.word for word in segment.words], segment.language)
        for number in sorted(set(numbers)) or [0]:
            yield Sentence(
                segment,
                tuple(word for word, its in zip(placed, numbers, strict=True) if its == number),
            )


def aligned_segment(sentence: Sentence, duration: float) -> AlignedSegment:
    """The sentence with the measures of the whole segment."""
    segment = sentence.segment
    spelled = separator(segment.language).join(word.word for word, _ in sentence.words)
    return AlignedSegment(
        start=sentence.words[0][1].start if sentence.words else min(segment.start, duration),
        end=sentence.words[-1][1].end if sentence.words else min(segment.end, duration),
        language=segment.language,
        text=spelled if sentence.words else segment.text,
        avg_logprob=segment.avg_logprob,
        compression_ratio=segment.compression_ratio,
        no_speech_prob=segment.no_speech_prob,
        temperature=segment.temperature,
        quality_flags=segment.quality_flags,
    )


def aligned_words(number: int, sentence: Sentence) -> Iterator[AlignedWord]:
    for word, fit in sentence.words:
        yield AlignedWord(
            segment=number,
            word=word.word,
            start=fit.start,
            end=fit.end,
            score=fit.score,
            confidence=word.probability,
            timing=fit.timing,
        )
