"""Captions of readable length: one speaker, at most two lines, and where possible one to seven
seconds on the screen. A caption and its lines end only where lines.py and segmentation.py allow."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import accumulate, pairwise

from shared.formats.break_rules import starts_with_closing
from shared.formats.lines import fill_lines, line_columns, narrow_pieces
from shared.formats.segmentation import split_pieces
from shared.formats.text import CLAUSE_END, CLOSING_MARKS, SENTENCE_END, one_line
from shared.model.spacing import sentence_separator, split_at_words, word_separator
from shared.model.transcript import Segment, Transcript

MOST_LINES = 2
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
class CuePiece:
    """A word, or another text that no cue and no line divides, with the space that follows it.

    Times are in milliseconds.
    """

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class CueDraft:
    """Pieces of one speaker that may become a cue."""

    speaker: str | None
    """The speaker's label."""
    language: str | None
    pieces: Sequence[CuePiece]

    @property
    def texts(self) -> list[str]:
        return [piece.text for piece in self.pieces]

    @property
    def start(self) -> int:
        return self.pieces[0].start

    @property
    def end(self) -> int:
        return self.pieces[-1].end

    def fits_on_screen(self) -> bool:
        """Returns whether the text fits, with the speaker's label that some formats write."""
        lines = labelled_lines(self.texts, self.speaker, self.language)
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
    pieces: Sequence[str]
    """The text in pieces that no line break may divide."""

    @property
    def text(self) -> str:
        joined = "".join(self.pieces)
        return one_line(joined)

    def lines(self, label: str | None = None) -> list[str]:
        """Returns the text in lines, after the label if one is given."""
        return labelled_lines(self.pieces, label, self.language)


def labelled_lines(pieces: Sequence[str], label: str | None, language: str | None) -> list[str]:
    """Returns the pieces in lines, after the label and a colon if one is given."""
    shown = [f"{label}: ", *pieces] if label else pieces
    return fill_lines(shown, line_columns(language))


def build_cues(transcript: Transcript) -> list[Cue]:
    """Returns the whole dialogue as cues in order of time, none of which overlap."""
    segments_of_channel: dict[int | None, list[Segment]] = defaultdict(list)
    for segment in transcript.segments:
        if one_line(segment.text):
            segments_of_channel[segment.channel].append(segment)

    drafts_of_channels = []
    for segments in segments_of_channel.values():
        drafts = draft_channel(segments, transcript)
        drafts_of_channels.append(drafts)
    in_order = merge(*drafts_of_channels, key=lambda draft: draft.start)
    duration = milliseconds(transcript.media.duration)
    return time_cues(list(in_order), duration)


def draft_channel(segments: Iterable[Segment], transcript: Transcript) -> list[CueDraft]:
    """Returns one channel's segments as drafts that fit, with short ones joined."""
    drafts: list[CueDraft] = []
    for group in group_segments(segments):
        whole = draft_of(group, transcript)
        drafts += split_draft(whole)
    return join_short(drafts)


def group_segments(segments: Iterable[Segment]) -> list[list[Segment]]:
    """Returns a channel's segments, in one group those between which no cue may end."""
    groups: list[list[Segment]] = []
    for segment in segments:
        if groups and continues_text(groups[-1][-1], segment):
            groups[-1].append(segment)
        else:
            groups.append([segment])
    return groups


def continues_text(previous: Segment, segment: Segment) -> bool:
    """Returns whether the segment begins with a mark that belongs to the one before it."""
    if segment.speaker != previous.speaker:
        return False
    if segment.language != previous.language:
        return False
    pause = milliseconds(segment.start - previous.end)
    if pause >= SHORTEST_CUE:
        return False
    runs = segment.text.split()
    return starts_with_closing(runs[0])


def draft_of(segments: Sequence[Segment], transcript: Transcript) -> CueDraft:
    """Returns the segments of one speaker as one draft."""
    labels = {speaker.id: speaker.label for speaker in transcript.speakers}
    first = segments[0]
    label = labels.get(first.speaker or "")
    words = words_of_segments(segments, transcript)
    pieces = cut_between_words(words, first.language)
    return CueDraft(label, first.language, pieces)


def words_of_segments(segments: Sequence[Segment], transcript: Transcript) -> list[CuePiece]:
    """Returns the words of segments that continue each other's text, with the spaces between."""
    *continued, last = segments
    words = []
    for segment in continued:
        separator = word_separator(segment.language)
        words += cue_words(segment, separator, transcript)
    separator = sentence_separator(last.text, last.language)
    last_words = cue_words(last, separator, transcript)
    return [*words, *last_words]


def cue_words(segment: Segment, separator: str, transcript: Transcript) -> list[CuePiece]:
    """Returns the segment's words, the last with the separator; all of its text as one word if it
    came without words."""
    text = segment.text + separator
    if segment.words is None:
        return [cue_word(text, segment.start, segment.end)]

    words = transcript.words_of(segment)
    spellings = [word.word for word in words]
    pieces = split_at_words(text, spellings, separator)
    in_cue = []
    for piece, word in zip(pieces, words, strict=True):
        with_space = cue_word(piece, word.start, word.end)
        in_cue.append(with_space)
    return in_cue


def cue_word(text: str, start: float, end: float) -> CuePiece:
    """Returns a word of a cue. `start` and `end` are in seconds."""
    return CuePiece(
        text=text,
        start=milliseconds(start),
        end=milliseconds(end),
    )


def milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def cut_between_words(words: Sequence[CuePiece], language: str | None) -> list[CuePiece]:
    """Returns the text of the recogniser's words in pieces, each no wider than a line.

    The recogniser's words may be parts of words or several words; a piece that begins or ends
    inside one gets a share of its time.
    """
    texts = [word.text for word in words]
    lengths = map(len, texts)
    word_ends = list(accumulate(lengths))
    text = "".join(texts)
    pieces = split_pieces(text, language, word_ends)
    clock = TextClock(words, word_ends)
    narrow = narrow_pieces(pieces, line_columns(language))
    return list(time_pieces(narrow, clock))


def time_pieces(pieces: Iterable[str], clock: "TextClock") -> Iterator[CuePiece]:
    """Yields the pieces of the clock's text with their times."""
    position = 0
    for piece in pieces:
        spoken = piece.rstrip()
        last = position + len(spoken)
        start = clock.start_at(position)
        end = start
        if last > position:
            end = clock.end_at(last)
        yield CuePiece(piece, start, end)
        position += len(piece)


@dataclass(frozen=True)
class TextClock:
    """When each position of a text of timed words is said, in milliseconds."""

    words: Sequence[CuePiece]
    word_ends: Sequence[int]
    """Positions after the words, in order."""

    def start_at(self, position: int) -> int:
        """Returns when the character after the position begins."""
        index = bisect_right(self.word_ends, position)
        return self._time_in_word(index, position)

    def end_at(self, position: int) -> int:
        """Returns when the character before the position ends."""
        index = bisect_left(self.word_ends, position)
        return self._time_in_word(index, position)

    def _time_in_word(self, index: int, position: int) -> int:
        word = self.words[index]
        spoken = word.text.rstrip()
        length = len(spoken)
        word_start = self.word_ends[index] - len(word.text)
        characters = min(position - word_start, length)
        duration = word.end - word.start
        elapsed = duration * characters // max(length, 1)
        return word.start + elapsed


def split_draft(draft: CueDraft) -> Iterator[CueDraft]:
    """Yields the draft in parts, halved until each fits. A single piece may last any time."""
    is_single = len(draft.pieces) == 1
    fits = draft.fits_on_screen() and draft.is_brief()
    if is_single or fits:
        yield draft
        return
    cut = best_cut(draft.pieces)
    first = replace(draft, pieces=draft.pieces[:cut])
    second = replace(draft, pieces=draft.pieces[cut:])
    yield from split_draft(first)
    yield from split_draft(second)


def best_cut(pieces: Sequence[CuePiece]) -> int:
    """Returns how many pieces come before the best cut.

    It is near the middle of the text, rather after a clause or in a pause, best after a sentence.
    """
    length = sum(len(piece.text) for piece in pieces)
    position = 0
    costs = []
    for piece, next_piece in pairwise(pieces):
        position += len(piece.text)
        distance = abs(2 * position - length) / max(length, 1)
        bonus = end_bonus(piece.text) + pause_bonus(piece, next_piece)
        costs.append(distance - bonus)
    least = min(costs)
    return costs.index(least) + 1


def pause_bonus(piece: CuePiece, next_piece: CuePiece) -> float:
    """Returns what a cut gains by the pause between the pieces."""
    pause = next_piece.start - piece.end
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
    if first.speaker != second.speaker:
        return None
    if first.language != second.language:
        return None
    time_alone = second.start - first.start
    if time_alone >= SHORTEST_CUE:
        return None
    pieces = [*first.pieces, *second.pieces]
    both = replace(first, pieces=pieces)
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
        cue = Cue(start, end, draft.speaker, draft.language, draft.texts)
        cues.append(cue)
        earliest = end
    return cues


def cue_end(draft: CueDraft, start: int, next_start: int) -> int:
    """Returns when a cue that starts at `start` leaves the screen."""
    shortest_end = start + SHORTEST_CUE
    longest_end = start + LONGEST_CUE
    wanted = max(draft.end, shortest_end)
    duration = draft.end - draft.start
    earliest = start + min(duration, SHORTEST_CUE)
    latest = max(next_start, earliest)
    end = min(wanted, latest, longest_end)
    return max(end, start + 1)
