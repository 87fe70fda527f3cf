"""Text from words: cut at words, joined to paragraphs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from shared.model.transcript import Segment

UNSPACED = frozenset({"ja", "lo", "my", "th", "yue", "zh"})
"""Languages in which the recogniser does not tell words by the spaces between them."""
PAUSE = 2.0
"""Seconds of silence that begin a new paragraph."""
PARAGRAPH = 60.0
"""Seconds after which the next segment begins a new paragraph."""

SENTENCE_END, CLAUSE_END = ".?!…。？！", ",;:、，；："
OPENING, CLOSING = "\"'“‘„«([{¿¡「『（", "\"'”’»)]}」』）"


def space(language: str | None) -> str:
    return "" if language in UNSPACED else " "


def between(language: str | None, following: str | None) -> str:
    """What stands between two sentences of these languages."""
    return space(language) or space(following)


def ends_clause(word: str) -> bool:
    """Whether a comma or a stronger mark follows."""
    return word.rstrip(CLOSING).endswith((*CLAUSE_END, *SENTENCE_END))


def one_line(text: str) -> str:
    return " ".join(text.split())


def pieces(text: str, words: Sequence[str], space: str) -> list[str]:
    """The text cut before each word but the first, so that the pieces joined are the text again.

    Should the words not be those of the text, the pieces are the words themselves.
    """
    cuts, at = [0], 0
    for word in words:
        found = text.find(word, at)
        if found < 0:
            return [word + space for word in words]
        cuts.append(found)
        at = found + len(word)
    return [text[start:end] for start, end in pairwise([0, *cuts[2:], len(text)])]


@dataclass(frozen=True)
class Paragraph:
    start: float
    speaker: str | None
    text: str


def paragraphs(segments: Iterable[Segment]) -> list[Paragraph]:
    """The dialogue: one speaker's segments together, until a pause or a minute is over."""
    made: list[Paragraph] = []
    before = None
    for segment in segments:
        if before and continues(made[-1], before, segment):
            text = made[-1].text + between(before.language, segment.language) + segment.text
            made[-1] = Paragraph(made[-1].start, segment.speaker, text)
        else:
            made.append(Paragraph(segment.start, segment.speaker, segment.text))
        before = segment
    return made


def continues(paragraph: Paragraph, before: Segment, segment: Segment) -> bool:
    return (
        segment.speaker == before.speaker
        and segment.start - before.end < PAUSE
        and segment.start - paragraph.start < PARAGRAPH
    )
