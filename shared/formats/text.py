"""The text of a transcript: the ends of its clauses, and its paragraphs."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.formats.break_rules import starts_with_closing
from shared.model.spacing import sentence_separator, word_separator
from shared.model.transcript import Segment

PARAGRAPH_PAUSE = 2.0
"""Seconds of silence that start a new paragraph."""
PARAGRAPH_LENGTH = 60.0
"""Seconds from a paragraph's start after which the next segment starts a new one."""

SENTENCE_END = ".?!…。？！"
CLAUSE_END = ",;:、，；："
OPENING_MARKS = "\"'“‘„«([{¿¡「『（"
CLOSING_MARKS = "\"'”’»)]}」』）"
ENDINGS = tuple(SENTENCE_END + CLAUSE_END)


def ends_clause(word: str) -> bool:
    """Returns whether the word ends with a comma or a stronger punctuation mark."""
    without_closing_marks = word.rstrip(CLOSING_MARKS)
    return without_closing_marks.endswith(ENDINGS)


def utf8(text: str) -> bytes:
    """Returns the text in UTF-8, with a question mark for each lone surrogate."""
    return text.encode(errors="replace")


@dataclass(frozen=True)
class Paragraph:
    """Consecutive segments of one speaker."""

    segments: tuple[Segment, ...]
    pieces: tuple[str, ...]
    """The text of each segment, with the space that follows it in the paragraph."""

    @property
    def start(self) -> float:
        """Seconds from the start of the recording."""
        return self.segments[0].start

    @property
    def speaker(self) -> str | None:
        return self.segments[0].speaker

    @property
    def text(self) -> str:
        return "".join(self.pieces)


def split_paragraphs(segments: Iterable[Segment]) -> list[Paragraph]:
    """Returns the dialogue as paragraphs: one speaker's segments until a pause or for a minute."""
    paragraphs: list[Paragraph] = []
    for segment in segments:
        if paragraphs and continues(paragraphs[-1], segment):
            paragraph = paragraphs.pop()
            extended = extend(paragraph, segment)
            paragraphs.append(extended)
        else:
            paragraph = Paragraph((segment,), (segment.text,))
            paragraphs.append(paragraph)
    return paragraphs


def continues(paragraph: Paragraph, segment: Segment) -> bool:
    """Returns whether the segment, which comes next, belongs to the paragraph."""
    if segment.speaker != paragraph.speaker:
        return False
    previous = paragraph.segments[-1]
    pause = segment.start - previous.end
    if pause >= PARAGRAPH_PAUSE:
        return False
    length = segment.start - paragraph.start
    return length < PARAGRAPH_LENGTH


def extend(paragraph: Paragraph, segment: Segment) -> Paragraph:
    """Returns the paragraph with the segment's text. Between them is a space if either language
    has spaces, or has them between sentences."""
    separator = ""
    if not starts_with_closing(segment.text):
        previous = paragraph.segments[-1]
        separator = sentence_separator(paragraph.text, previous.language)
    if not separator:
        separator = word_separator(segment.language)
    *pieces, last = paragraph.pieces
    separated = last + separator
    return Paragraph(
        segments=(*paragraph.segments, segment),
        pieces=(*pieces, separated, segment.text),
    )
