"""Divides speech into captions, so that they read well and stay on the screen long enough.

Each way to divide it has a cost, and the cheapest one is taken: the ends of captions are weighed
against their length, their time on the screen and the speed at which they have to be read.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from shared.formats.breaks import Break
from shared.formats.clock import milliseconds
from shared.formats.cue_pieces import CuePiece
from shared.formats.lines import PieceWidth, line_columns
from shared.model.caption_options import CaptionOptions

CUE_COST = 1.0
"""What each caption costs, so that there are few."""
END_COST = {
    Break.SENTENCE: 0.0,
    Break.CLAUSE: 0.25,
    Break.PHRASE: 0.5,
    Break.PLAIN: 0.9,
    Break.POOR: 2.2,
}
"""What a caption's end costs."""
PAUSE_BONUS = 0.5
"""What an end gains at most by the seconds of the pause after it."""
SIZE_COST = 0.6
"""What a full caption costs. Half of the text costs a quarter, so equal parts cost least."""
INNER_SENTENCE_COST = 1.2
"""What the end of a sentence costs inside a caption."""
INNER_PAUSE_COST = 1.0
"""What a second of silence costs inside a caption."""
BREVITY_COST = 0.5
"""What a caption costs that is on the screen for less than the shortest time."""
SHORTNESS_COST = 2.0
"""What it costs besides if it is not on the screen at all; in between, a part of that."""
HASTE_COST = 8.0
"""What a caption costs that has to be read at twice the speed."""
MOST_HASTE = 2.0
"""Share of the speed above it from which a caption costs no more."""


@dataclass(frozen=True)
class CueLimits:
    """What captions of a language keep to. Times are in milliseconds."""

    line_columns: int
    lines: int
    shortest: int
    longest: int
    gap: int
    speed: float
    """Columns a second."""

    @property
    def capacity(self) -> int:
        return self.line_columns * self.lines

    def slot(self, start: int, next_start: int) -> int:
        """Returns for how long a caption can be shown before the next."""
        until_next = next_start - start - self.gap
        shown = min(until_next, self.longest)
        return max(shown, 1)


def find_limits(options: CaptionOptions, language: str | None) -> CueLimits:
    """Returns what captions of the language keep to."""
    return CueLimits(
        line_columns=options.caption_line_length or line_columns(language),
        lines=options.caption_lines,
        shortest=milliseconds(options.caption_min_seconds),
        longest=milliseconds(options.caption_max_seconds),
        gap=milliseconds(options.caption_gap),
        speed=options.caption_characters_per_second,
    )


@dataclass(frozen=True)
class Passage:
    """Text of one speaker and language that is to be divided."""

    pieces: Sequence[CuePiece]
    widths: Sequence[PieceWidth]
    breaks: Sequence[Break]
    """After each piece."""
    next_start: int
    """When a caption after it begins, in milliseconds."""
    first_label: PieceWidth | None
    """The label before the first caption."""
    label: PieceWidth | None
    """The label before each other caption."""

    def start_of(self, index: int) -> int:
        """Returns when a piece begins; after the last one, when the next caption does."""
        if index == len(self.pieces):
            return self.next_start
        return self.pieces[index].start

    def label_of(self, start: int) -> PieceWidth | None:
        if start == 0:
            return self.first_label
        return self.label


def divide(passage: Passage, limits: CueLimits) -> list[int]:
    """Returns for each caption of the passage how many pieces are before its end."""
    count = len(passage.pieces)
    costs = [0.0] + [math.inf] * count
    starts = [0] * (count + 1)
    inner = inner_costs(passage)
    for start in range(count):
        before = costs[start] - inner[start]
        for end, width in possible_cues(passage, start, limits):
            cost = before + inner[end - 1]
            cost += cue_cost(passage, start, end, width, limits)
            if cost < costs[end]:
                costs[end] = cost
                starts[end] = start
    return trace_ends(starts)


def trace_ends(starts: Sequence[int]) -> list[int]:
    """Returns the ends of the cheapest captions. `starts` has the start of each by its end."""
    ends = []
    end = len(starts) - 1
    while end > 0:
        ends.append(end)
        end = starts[end]
    ends.reverse()
    return ends


def possible_cues(passage: Passage, start: int, limits: CueLimits) -> Iterator[tuple[int, int]]:
    """Yields where a caption that begins with the piece `start` may end, and the columns of its
    text without the label. A single piece may last any time."""
    label = passage.label_of(start)
    line = label.whole if label else 0
    lines = 1
    text = 0
    latest = passage.pieces[start].start + limits.longest
    for index in range(start, len(passage.pieces)):
        width = passage.widths[index]
        if line and line + width.whole - width.space > limits.line_columns:
            lines += 1
            line = 0
        line += width.whole
        text += width.whole
        is_too_large = lines > limits.lines or passage.pieces[index].end > latest
        if is_too_large and index > start:
            return
        yield index + 1, text


def cue_cost(passage: Passage, start: int, end: int, width: int, limits: CueLimits) -> float:
    """Returns what a caption of the pieces from `start` to before `end` costs."""
    fullness = width / limits.capacity
    cost = CUE_COST + SIZE_COST * fullness * fullness
    if end < len(passage.pieces):
        cost += end_cost(passage, end)
    first = passage.pieces[start]
    next_start = passage.start_of(end)
    slot = limits.slot(first.start, next_start)
    if slot < limits.shortest:
        share = slot / limits.shortest
        cost += BREVITY_COST + SHORTNESS_COST * (1 - share)
    speed = width * 1000 / slot
    haste = speed / limits.speed - 1
    if haste > 0:
        cost += HASTE_COST * min(haste, MOST_HASTE)
    return cost


def end_cost(passage: Passage, end: int) -> float:
    """Returns what a caption's end before the piece `end` costs, less if there is a pause."""
    last = passage.pieces[end - 1]
    following = passage.pieces[end]
    pause = (following.start - last.end) / 1000
    cost = END_COST[passage.breaks[end - 1]]
    if pause > 0:
        cost -= min(pause, PAUSE_BONUS)
    return cost


def inner_costs(passage: Passage) -> list[float]:
    """Returns the sums of what is inside a caption that holds all pieces up to each one."""
    costs = [0.0]
    for (piece, following), quality in zip(pairwise(passage.pieces), passage.breaks, strict=False):
        pause = max(following.start - piece.end, 0)
        cost = INNER_PAUSE_COST * pause / 1000
        if quality is Break.SENTENCE:
            cost += INNER_SENTENCE_COST
        costs.append(cost)
    return list(accumulate(costs))
