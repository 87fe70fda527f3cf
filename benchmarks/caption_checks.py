"""Reads captions with a library of others, and counts what makes them hard to read."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import srt

from shared.formats.lines import columns, line_columns
from shared.model.transcript import Transcript

SHORTEST = 5 / 6
LONGEST = 7.0
"""Seconds that a caption lasts at least and at most in Netflix's guide."""
MOST_LINES = 2
FUNCTION_WORDS = (
    "a an the and but or nor so if as than that because while when where how although of in on at "
    "to for from by with without into onto over under about after before between through during "
    "my your his her its our their"
)
"""English articles, possessives, conjunctions and prepositions, written down without a look at the
words that the captions avoid."""
TURN_MARK = "- "
NAME = re.compile(r"[A-Z][a-z]+")
"""A word that is written like a part of a name."""


@dataclass(frozen=True)
class Caption:
    """A caption as it is read from a file."""

    start: float
    end: float
    """In seconds."""
    shown: Sequence[str]
    """The lines on the screen."""
    spoken: Sequence[str]
    """The lines without labels."""

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def text(self) -> str:
        return " ".join(line for line in self.spoken if line)

    @property
    def speed(self) -> float:
        """Characters a second, without the label's."""
        return len(self.text) / self.seconds

    @property
    def is_shared(self) -> bool:
        """Whether the second line begins with a label or a hyphen, too."""
        return len(self.shown) > 1 and self.shown[1] != self.spoken[1]


@dataclass
class Counts:
    """What was found in captions."""

    captions: int = 0
    overlaps: int = 0
    lines_too_wide: int = 0
    too_many_lines: int = 0
    texts_that_differ: int = 0
    lines_of_two_speakers: int = 0
    shared_by_two_speakers: int = 0
    over_17_characters_a_second: int = 0
    over_20_characters_a_second: int = 0
    over_25_characters_a_second: int = 0
    shorter_than_five_sixths_of_a_second: int = 0
    longer_than_seven_seconds: int = 0
    ends_on_function_word: int = 0
    two_lines: int = 0
    first_line_ends_on_function_word: int = 0
    second_line_of_one_or_two_words: int = 0
    line_ends_inside_name: int = 0

    def add(self, other: "Counts") -> None:
        for each in fields(self):
            total = getattr(self, each.name) + getattr(other, each.name)
            setattr(self, each.name, total)


def read_captions(text: str, labels: Iterable[str]) -> list[Caption]:
    """Returns the captions of a SubRip file. `labels` are those of the speakers."""
    prefixes = [f"{label}:" for label in labels]
    captions = []
    for subtitle in srt.parse(text):
        shown = subtitle.content.split("\n")
        captions.append(
            Caption(
                start=subtitle.start.total_seconds(),
                end=subtitle.end.total_seconds(),
                shown=shown,
                spoken=[without_label(line, prefixes) for line in shown],
            )
        )
    return captions


def without_label(line: str, prefixes: Iterable[str]) -> str:
    """Returns a line without the label or the hyphen that it begins with."""
    for prefix in prefixes:
        if line.startswith(prefix):
            return line.removeprefix(prefix).strip()
    return line.removeprefix(TURN_MARK)


def count(captions: Sequence[Caption], transcript: Transcript) -> Counts:
    """Returns what is found in the captions of a transcript of one channel."""
    counts = Counts(captions=len(captions))
    counts.overlaps = sum(after.start < before.end for before, after in pairwise(captions))
    most_columns = line_columns(transcript.language.code)
    for caption in captions:
        wide = [line for line in caption.shown if columns(line) > most_columns]
        counts.lines_too_wide += len(wide)
        counts.too_many_lines += len(caption.shown) > MOST_LINES
        counts.shared_by_two_speakers += caption.is_shared
        count_times(caption, counts)
        if transcript.language.code == "en":
            count_breaks(caption, counts)
    count_speakers(captions, transcript, counts)
    return counts


def count_times(caption: Caption, counts: Counts) -> None:
    """Counts captions that are too fast, too short or too long."""
    counts.over_17_characters_a_second += caption.speed > 17
    counts.over_20_characters_a_second += caption.speed > 20
    counts.over_25_characters_a_second += caption.speed > 25
    counts.shorter_than_five_sixths_of_a_second += caption.seconds < SHORTEST
    counts.longer_than_seven_seconds += caption.seconds > LONGEST


def count_breaks(caption: Caption, counts: Counts) -> None:
    """Counts where the caption ends, and the first of two lines of one speaker."""
    counts.ends_on_function_word += ends_on_function_word(caption.text)
    if len(caption.shown) != MOST_LINES or caption.is_shared:
        return
    first, second = caption.spoken
    counts.two_lines += 1
    counts.first_line_ends_on_function_word += ends_on_function_word(first)
    counts.second_line_of_one_or_two_words += len(second.split()) <= 2
    counts.line_ends_inside_name += is_inside_name(first, second)


def ends_on_function_word(text: str) -> bool:
    """Returns whether the last word is one, without punctuation after it."""
    words = text.casefold().split()
    return bool(words) and words[-1] in FUNCTION_WORDS.split()


def is_inside_name(first: str, second: str) -> bool:
    """Returns whether a line ends between two words that are written like a name."""
    before = first.split()
    after = second.split()
    if not before or not after:
        return False
    begins_name = NAME.match(after[0])
    return bool(NAME.fullmatch(before[-1]) and begins_name)


def count_speakers(captions: Sequence[Caption], transcript: Transcript, counts: Counts) -> None:
    """Counts lines with words of two speakers. Says also whether the text is the transcript's."""
    said = list(characters_said(transcript))
    shown = []
    position = 0
    for caption in captions:
        for line in caption.spoken:
            letters = squeeze(line)
            shown.append(letters)
            of_line = said[position : position + len(letters)]
            speakers = {speaker for _, speaker in of_line}
            counts.lines_of_two_speakers += len(speakers) > 1
            position += len(letters)
    text = "".join(character for character, _ in said)
    counts.texts_that_differ = int("".join(shown) != text)


def characters_said(transcript: Transcript) -> Iterator[tuple[str, str | None]]:
    """Yields each character that is no space, and the speaker of its segment."""
    for segment in transcript.segments:
        for character in squeeze(segment.text):
            yield character, segment.speaker


def squeeze(text: str) -> str:
    """Returns the text without spaces. SubRip's arrow is written as captions write it."""
    return "".join(text.split()).replace("-->", "→")
