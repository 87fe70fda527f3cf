"""The words of the answer."""

from collections.abc import Iterable, Mapping
from math import isfinite

from functions.finalize.answer.sentences import Placed
from functions.finalize.speakers.speaker_segments import Run
from functions.finalize.speakers.speakers import People
from functions.finalize.speakers.turns import Floor
from shared.model.artifacts import Turn
from shared.model.transcript import Overlap, Word

PART = 0.25
"""The share of a word for which somebody must speak to be named with it. Less is the edge of a
turn."""


def as_words(runs: Iterable[Run], people: People, overlaps: Iterable[Overlap]) -> list[Word]:
    """Numbered from 0, in the order of the segments."""
    voices = {
        one: Floor.of([turn for turn in people.turns if turn.speaker == one])
        for one in people.labels
    }
    mixed = Floor.of([Turn(start=one.start, end=one.end, speaker="") for one in overlaps])
    spoken = ((run, word) for run in runs for word in run.words)
    return [
        as_word(number, run, word, people.floors[run.sentence.channel], voices, mixed)
        for number, (run, word) in enumerate(spoken)
    ]


def as_word(
    number: int, run: Run, word: Placed, floor: Floor, voices: Mapping[str, Floor], mixed: Floor
) -> Word:
    """`voices` has each speaker's turns, `mixed` the stretches where two speak at once."""
    return Word(
        id=number,
        word=word.word,
        start=word.start,
        end=word.end,
        score=rounded(word.score),
        confidence=rounded(word.confidence),
        timing=word.timing,
        speaker=run.speaker,
        speaker_confidence=rounded(share(word, run.speaker, floor)) if run.speaker else None,
        overlap=bool(mixed.seconds(word.start, word.audible_end)),
        speakers=heard_in(word, run.speaker, voices),
        channel=run.sentence.channel,
        language=run.sentence.language,
    )


def share(word: Placed, speaker: str, turns: Floor) -> float:
    """How much of the word the speaker's turns cover."""
    seconds = turns.seconds(word.start, word.audible_end).get(speaker, 0.0)
    return min(seconds / (word.audible_end - word.start), 1.0)


def heard_in(word: Placed, own: str | None, voices: Mapping[str, Floor]) -> tuple[str, ...]:
    """The word's own speaker, and the others who speak during a real part of it."""
    others = [
        speaker
        for speaker, turns in voices.items()
        if speaker != own and share(word, speaker, turns) >= PART
    ]
    return (own, *others) if own else tuple(others)


def rounded(number: float | None) -> float | None:
    """To four decimals. What is no number, as some aligners score, is null."""
    return None if number is None or not isfinite(number) else round(number, 4)
