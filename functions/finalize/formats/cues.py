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
)
from shared.model.spacing import sentence_separator, split_at_words
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
        joined = "".join(word.text for word in self.words)
        return one_line(joined)

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end

    def fits_on_screen(self) -> bool:
        """Returns whether the text fits, with the speaker's label that some formats write."""
        shown = self.text
        if self.speaker:
            shown = f"{self.speaker}: {shown}"
        lines = wrap_lines(shown)
        return len(lines) <= MOST_LINES

    def is_brief(self) -> bool:
        duration = self.end - self.start
        return duration <= LONGEST_CUE


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
        drafts = drafts_of_channel[segment.channel]
        whole = segment_draft(segment, transcript)
        for draft in split_draft(whole):
            if draft.text:
                drafts.append(draft)

    joined = [join_short(drafts) for drafts in drafts_of_channel.values()]
    in_order = merge(*joined, key=lambda draft: draft.start)
    duration = milliseconds(transcript.media.duration)
    return time_cues(list(in_order), duration)


def segment_draft(segment: Segment, transcript: Transcript) -> CueDraft:
    labels = {speaker.id: speaker.label for speaker in transcript.speakers}
    label = labels.get(segment.speaker or "")
    words = cue_words(segment, transcript)
    return CueDraft(label, segment.language, words)


def cue_words(segment: Segment, transcript: Transcript) -> list[CueWord]:
    """Returns the segment's words; all of its text as one word if it came without words."""
    separator = sentence_separator(segment.text, segment.language)
    text = segment.text + separator
    if segment.words is None:
        return [cue_word(text, segment.start, segment.end)]

    first, last = segment.words
    words = transcript.words[first : last + 1]
    spellings = [word.word for word in words]
    pieces = split_at_words(text, spellings, separator)
    in_cue = []
    for piece, word in zip(pieces, words, strict=True):
        with_space = cue_word(piece, word.start, word.end)
        in_cue.append(with_space)
    return in_cue


def cue_word(text: str, start: float, end: float) -> CueWord:
    """Returns a word of a cue. `start` and `end` are in seconds."""
    return CueWord(
        text=text,
        start=milliseconds(start),
        end=milliseconds(end),
    )


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def wrap_lines(text: str) -> list[str]:
    """Returns the text in lines of at most LINE_WIDTH characters."""
    return textwrap.wrap(text, LINE_WIDTH, break_on_hyphens=False)


def split_draft(draft: CueDraft) -> Iterator[CueDraft]:
    """Yields the draft in parts, halved until each fits. A single word may last any time."""
    is_single = len(draft.words) == 1
    is_long = not is_single and not draft.is_brief()
    if draft.fits_on_screen() and not is_long:
        yield draft
        return
    words = draft.words
    if is_single:
        words = halve_word(words[0])
    cut = best_cut(words)
    first_words = words[:cut]
    second_words = words[cut:]
    first = replace(draft, words=first_words)
    second = replace(draft, words=second_words)
    yield from split_draft(first)
    yield from split_draft(second)


def halve_word(word: CueWord) -> list[CueWord]:
    """Returns the two halves of a text that is too long for a cue, cut at a space if it has one.

    The halves share the time by their lengths.
    """
    text = word.text
    length = len(text)
    cut = text.rfind(" ", 0, length // 2) + 1
    if cut == 0:
        cut = length // 2
    duration = word.end - word.start
    time = word.start + duration * cut // length
    first = CueWord(text[:cut], word.start, time)
    second = CueWord(text[cut:], time, word.end)
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
        bonus = end_bonus(word.text) + pause_bonus(word, next_word)
        costs.append(distance - bonus)
    least = min(costs)
    return costs.index(least) + 1


def pause_bonus(word: CueWord, next_word: CueWord) -> float:
    """Returns what a cut gains by the pause between the words."""
    pause = next_word.start - word.end
    if pause <= 0:
        return 0.0
    return min(pause / 1000, MOST_PAUSE_BONUS)


def end_bonus(text: str) -> float:
    """Returns what a cut gains by following this text."""
    without_space = text.rstrip()
    without_marks = without_space.rstrip(CLOSING_MARKS)
    if without_marks.endswith(tuple(SENTENCE_END)):
        return SENTENCE_BONUS
    if without_marks.endswith(tuple(CLAUSE_END)):
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
    if first.speaker != second.speaker or first.language != second.language:
        return None
    first_is_short = second.start - first.start < SHORTEST_CUE
    if not first_is_short:
        return None
    words = [*first.words, *second.words]
    both = replace(first, words=words)
    if both.fits_on_screen() and both.is_brief():
        return both
    return None


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
        end = cue_end(draft, start, next_start)
        cue = Cue(start, end, draft.speaker, draft.language, draft.text)
        cues.append(cue)
        earliest = end
    return cues


def cue_end(draft: CueDraft, start: int, next_start: int) -> int:
    """Returns when a cue that starts at `start` leaves the screen."""
    wanted = max(draft.end, start + SHORTEST_CUE)
    duration = draft.end - draft.start
    earliest = start + min(duration, SHORTEST_CUE)
    latest = max(next_start, earliest)
    end = min(wanted, latest, start + LONGEST_CUE)
    return max(end, start + 1)
