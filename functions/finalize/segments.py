"""The segments of all chunks in recording time, split where the speaker changes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from functions.finalize.intervals import inside
from functions.finalize.text import one_line, pieces, space
from functions.finalize.turns import Floor
from functions.finalize.words import INSTANT, Placed, rounded
from shared.speech import Aligned, AlignedSegment, Region
from shared.transcript import Flag, Segment, Word


@dataclass(frozen=True)
class Parent:
    """A segment as decoded, in recording time."""

    start: float
    end: float
    language: str | None
    decoded: AlignedSegment


@dataclass(frozen=True)
class Run:
    """Words that follow each other in one parent, of one speaker."""

    parent: int
    speaker: str | None
    words: Sequence[int]
    text: str


def parents(chunks: Sequence[Region], aligned: Sequence[Aligned]) -> list[Parent]:
    """All decoded segments, numbered as the words refer to them."""
    return [
        Parent(
            inside(chunk, chunk.start + segment.start),
            inside(chunk, chunk.start + segment.end),
            found.language,
            segment,
        )
        for chunk, found in zip(chunks, aligned, strict=True)
        for segment in found.segments
    ]


def build(decoded: Sequence[Parent], placed: Sequence[Placed], words: Sequence[Word], floor: Floor) -> list[Segment]:
    """The segments in order, numbered from 0."""
    spoken = [as_segment(decoded[run.parent], run, words) for run in runs(decoded, placed, words)]
    with_words = {word.segment for word in placed}
    silent = [
        wordless(parent, floor)
        for index, parent in enumerate(decoded)
        if index not in with_words and parent.decoded.text.strip()
    ]
    ordered = sorted(spoken + silent, key=lambda segment: segment.start)
    return [segment.model_copy(update={"id": index}) for index, segment in enumerate(ordered)]


def runs(decoded: Sequence[Parent], placed: Sequence[Placed], words: Sequence[Word]) -> Iterator[Run]:
    texts = word_texts(decoded, placed)
    for (parent, speaker), members in groupby(
        range(len(words)), key=lambda index: (placed[index].segment, words[index].speaker)
    ):
        run = list(members)
        yield Run(parent, speaker, run, one_line("".join(texts[index] for index in run)))


def word_texts(decoded: Sequence[Parent], placed: Sequence[Placed]) -> list[str]:
    """For each word its part of its parent's text, with the punctuation and the space after it."""
    texts = [""] * len(placed)
    in_order = sorted(range(len(placed)), key=lambda index: placed[index].segment)
    for parent, members in groupby(in_order, key=lambda index: placed[index].segment):
        own = list(members)
        spelled = [placed[index].heard.word for index in own]
        cut = pieces(decoded[parent].decoded.text, spelled, space(decoded[parent].language))
        for index, piece in zip(own, cut, strict=True):
            texts[index] = piece
    return texts


def as_segment(parent: Parent, run: Run, words: Sequence[Word]) -> Segment:
    first, last = run.words[0], run.words[-1]
    untouched = any(words[index].timing == "asr" for index in run.words)
    flags: tuple[Flag, ...] = ("not_aligned",) if untouched else ()
    return described(parent, words[first].start, words[last].end, run.text, run.speaker, (first, last), flags)


def wordless(parent: Parent, floor: Floor) -> Segment:
    end = max(parent.start, parent.end)
    speaker, _ = floor.during(parent.start, max(end, parent.start + INSTANT)) or (None, None)
    return described(parent, parent.start, end, one_line(parent.decoded.text), speaker, None, ("no_words",))


def described(
    parent: Parent,
    start: float,
    end: float,
    text: str,
    speaker: str | None,
    words: tuple[int, int] | None,
    flags: tuple[Flag, ...],
) -> Segment:
    return Segment(
        id=0,
        start=start,
        end=end,
        text=text,
        speaker=speaker,
        language=parent.language,
        channel=None,
        words=words,
        avg_logprob=rounded(parent.decoded.avg_logprob),
        compression_ratio=rounded(parent.decoded.compression_ratio),
        no_speech_prob=rounded(parent.decoded.no_speech_prob),
        flags=flags,
    )
