"""The text of a transcript: its language, the spaces between words, and its paragraphs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.model.languages import WITHOUT_SPACES
from shared.model.options import option_values
from shared.model.transcript import Segment, Transcript

PARAGRAPH_PAUSE = 2.0
"""Seconds of silence that start a new paragraph."""
PARAGRAPH_LENGTH = 60.0
"""Seconds from a paragraph's start after which the next segment starts a new one."""

SENTENCE_END = ".?!…。？！"
CLAUSE_END = ",;:、，；："
OPENING_MARKS = "\"'“‘„«([{¿¡「『（"
CLOSING_MARKS = "\"'”’»)]}」』）"


def is_translation(transcript: Transcript) -> bool:
    return option_values(transcript.options).task == "translate"


def text_language(transcript: Transcript) -> str | None:
    """Returns the language of most of the text: English for a translation."""
    return "en" if is_translation(transcript) else transcript.language.code


def word_separator(language: str | None) -> str:
    """Returns a space, or nothing for a language written without spaces."""
    return "" if language in WITHOUT_SPACES else " "


def ends_clause(word: str) -> bool:
    """Returns whether the word ends with a comma or a stronger punctuation mark."""
    return word.rstrip(CLOSING_MARKS).endswith((*CLAUSE_END, *SENTENCE_END))


def one_line(text: str) -> str:
    """Returns the text with each run of white space replaced by one space."""
    return " ".join(text.split())


def split_at_words(text: str, words: Sequence[str], separator: str) -> list[str]:
    """Returns the text cut before each word but the first: joined, the pieces are the text again.

    If the text does not consist of the words, returns each word followed by the separator.
    """
    cuts = []
    position = 0
    for word in words:
        start = text.find(word, position)
        if start < 0:
            return [word + separator for word in words]
        cuts.append(start)
        position = start + len(word)
    borders = [0, *cuts[1:], len(text)]
    return [text[start:end] for start, end in pairwise(borders)]


@dataclass(frozen=True)
class Paragraph:
    """Consecutive segments of one speaker. `start` is in seconds."""

    start: float
    speaker: str | None
    text: str


def split_paragraphs(segments: Iterable[Segment]) -> list[Paragraph]:
    """Returns the dialogue as paragraphs: one speaker's segments until a pause or for a minute."""
    paragraphs: list[Paragraph] = []
    previous: Segment | None = None
    for segment in segments:
        if previous is not None and continues(paragraphs[-1], previous, segment):
            paragraphs[-1] = extend(paragraphs[-1], previous, segment)
        else:
            paragraphs.append(Paragraph(segment.start, segment.speaker, segment.text))
        previous = segment
    return paragraphs


def continues(paragraph: Paragraph, previous: Segment, segment: Segment) -> bool:
    """Returns whether the segment belongs to the paragraph that ends with `previous`."""
    if segment.speaker != previous.speaker:
        return False
    is_after_pause = segment.start - previous.end >= PARAGRAPH_PAUSE
    is_long_enough = segment.start - paragraph.start >= PARAGRAPH_LENGTH
    return not is_after_pause and not is_long_enough


def extend(paragraph: Paragraph, previous: Segment, segment: Segment) -> Paragraph:
    """Returns the paragraph with the segment's text; a space if either language has spaces."""
    separator = word_separator(previous.language) or word_separator(segment.language)
    text = paragraph.text + separator + segment.text
    return Paragraph(paragraph.start, paragraph.speaker, text)
