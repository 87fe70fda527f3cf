"""Captions of readable length: one speaker, at most two lines of 42 characters, and where possible
one to seven seconds on the screen."""

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import pairwise

from functions.finalize.formats.text import (
    CLAUSE_END,
    CLOSING_MARKS,
    SENTENCE_END,
    one_line,
    split_at_words,
    word_separator,
)
from shared.model.transcript import Segment, Transcript

MOST_LINES = 2
LINE_WIDTH = 42
"""Characters."""
SHORTEST_CUE = 1000
"""Milliseconds. A shorter cue stays on the screen this long, if there is time before the next."""
LONGEST_CUE = 7000
"""Milliseconds."""
SENTENCE_BONUS = 0.5
CLAUSE_BONUS = 0.3
MOST_PAUSE_BONUS = 0.3
"""What a cut gains after a sentence, after a clause and, by its seconds, in a pause. It is weighed
against the distance from the middle of the text: 0 in the middle, 1 at either end."""


@dataclass(frozen=True)
class CueWord:
    """A word with the space that follows it. Times are in milliseconds."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class CueDraft:
    """Words of one speaker that may become a cue."""

    speaker: str | None
    """The speaker's label."""
    language: str | None
    words: Sequence[CueWord]

    @property
    def text(self) -> str:
        return one_line("".join(word.text for word in self.words))

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end

    def fits_on_screen(self) -> bool:
        """Returns whether the text fits, with the speaker's label that some formats write."""
        shown = f"{self.speaker}: {self.text}" if self.speaker else self.text
        return len(wrap_lines(shown)) <= MOST_LINES

    def is_brief(self) -> bool:
        return self.end - self.start <= LONGEST_CUE


@dataclass(frozen=True)
class Cue:
    """A caption. Times are in milliseconds."""

    start: int
    end: int
    speaker: str | None
    language: str | None
    text: str


def build_cues(transcript: Transcript) -> list[Cue]:
    """Returns the whole dialogue as cues in order of time, none of which overlap."""
    drafts_of_channel: dict[int | None, list[CueDraft]] = defaultdict(list)
    for segment in transcript.segments:
        for draft in split_draft(segment_draft(segment, transcript)):
            if draft.text:
                drafts_of_channel[segment.channel].append(draft)

    joined = [join_short(drafts) for drafts in drafts_of_channel.values()]
    in_order = list(merge(*joined, key=lambda draft: draft.start))
    return time_cues(in_order, milliseconds(transcript.media.duration))


def segment_draft(segment: Segment, transcript: Transcript) -> CueDraft:
    labels = {speaker.id: speaker.label for speaker in transcript.speakers}
    label = labels.get(segment.speaker or "")
    return CueDraft(label, segment.language, cue_words(segment, transcript))


def cue_words(segment: Segment, transcript: Transcript) -> list[CueWord]:
    """Returns the segment's words; all of its text as one word if it came without words."""
    separator = word_separator(segment.language)
    text = segment.text + separator
    if segment.words is None:
        return [CueWord(text, milliseconds(segment.start), milliseconds(segment.end))]

    first, last = segment.words
    words = transcript.words[first : last + 1]
    pieces = split_at_words(text, [word.word for word in words], separator)
    made = []
    for piece, word in zip(pieces, words, strict=True):
        made.append(CueWord(piece, milliseconds(word.start), milliseconds(word.end)))
    return made


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def wrap_lines(text: str) -> list[str]:
    """Returns the text in lines of at most LINE_WIDTH characters."""
    return textwrap.wrap(text, LINE_WIDTH, break_on_hyphens=False)


def split_draft(draft: CueDraft) -> Iterator[CueDraft]:
    """Yields the draft in parts, halved until each fits. A long single word is not too long."""
    is_single = len(draft.words) == 1
    if draft.fits_on_screen() and (is_single or draft.is_brief()):
        yield draft
        return
    words = halve_word(draft.words[0]) if is_single else draft.words
    cut = best_cut(words)
    yield from split_draft(replace(draft, words=words[:cut]))
    yield from split_draft(replace(draft, words=words[cut:]))


def halve_word(word: CueWord) -> list[CueWord]:
    """Returns the two halves of a text that is too long for a cue, cut at a space if it has one.

    The halves share the time by their lengths.
    """
    middle = len(word.text) // 2
    cut = word.text.rfind(" ", 0, middle) + 1 or middle
    time = word.start + (word.end - word.start) * cut // len(word.text)
    first = CueWord(word.text[:cut], word.start, time)
    second = CueWord(word.text[cut:], time, word.end)
    return [first, second]


def best_cut(words: Sequence[CueWord]) -> int:
    """Returns how many words come before the best cut.

    It is near the middle of the text, rather after a clause or in a pause, best after a sentence.
    """
    length = sum(len(word.text) for word in words)
    position = 0
    costs = []
    for word, next_word in pairwise(words):
        position += len(word.text)
        distance = abs(2 * position - length) / max(length, 1)
        pause = max(next_word.start - word.end, 0) / 1000
        bonus = end_bonus(word.text) + min(pause, MOST_PAUSE_BONUS)
        costs.append(distance - bonus)
    return costs.index(min(costs)) + 1


def end_bonus(text: str) -> float:
    """Returns what a cut gains by following this text."""
    last = text.rstrip().rstrip(CLOSING_MARKS)[-1:]
    if last and last in SENTENCE_END:
        return SENTENCE_BONUS
    if last and last in CLAUSE_END:
        return CLAUSE_BONUS
    return 0.0


def join_short(drafts: Iterable[CueDraft]) -> list[CueDraft]:
    """Returns a channel's drafts; one that would be too short is joined to the next, if it fits."""
    joined: list[CueDraft] = []
    for draft in drafts:
        both = join_drafts(joined[-1], draft) if joined else None
        if both is None:
            joined.append(draft)
        else:
            joined[-1] = both
    return joined


def join_drafts(first: CueDraft, second: CueDraft) -> CueDraft | None:
    """Returns both drafts as one, or None if they should be two cues."""
    if (first.speaker, first.language) != (second.speaker, second.language):
        return None
    if second.start - first.start >= SHORTEST_CUE:
        return None
    both = replace(first, words=[*first.words, *second.words])
    return both if both.fits_on_screen() and both.is_brief() else None


def time_cues(drafts: Sequence[CueDraft], duration: int) -> list[Cue]:
    """Returns the drafts as cues, one after the other. `duration` is the recording's.

    Of two drafts that start at once, the second starts a millisecond later. While people on several
    channels talk at once, the second waits until the first was on the screen for SHORTEST_CUE, if
    the first lasts that long.
    """
    next_starts = [draft.start for draft in drafts[1:]]
    cues: list[Cue] = []
    earliest = 0
    for draft, next_start in zip(drafts, [*next_starts, duration], strict=False):
        start = max(draft.start, earliest)
        shortest_end = start + min(draft.end - draft.start, SHORTEST_CUE)
        latest_end = min(start + LONGEST_CUE, max(next_start, shortest_end))
        wanted_end = max(draft.end, start + SHORTEST_CUE)
        end = max(min(wanted_end, latest_end), start + 1)
        cues.append(Cue(start, end, draft.speaker, draft.language, draft.text))
        earliest = end
    return cues
