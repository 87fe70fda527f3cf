"""Lines of a limited width, in columns: a character of Chinese, Japanese or Korean takes two."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import wcwidth

from shared.formats.break_rules import (
    cluster_starts,
    separates_marks,
    separates_word,
)
from shared.formats.breaks import Break
from shared.model.spacing import one_line

LINE_COLUMNS = 42
FULL_WIDTH_LINE_COLUMNS = {"ja": 26, "ko": 32, "yue": 32, "zh": 32}
"""Columns of a line in languages of full-width characters: 13 in Japanese, 16 in the others. All
limits are those of Netflix's style guides."""
BREAK_COST = {
    Break.SENTENCE: 0.0,
    Break.CLAUSE: 0.0,
    Break.PHRASE: 0.1,
    Break.PLAIN: 0.3,
    Break.POOR: 1.5,
}
"""What the end of a line costs, besides what its width costs."""
BALANCE_COST = 2.0
"""What a line costs that is a whole line wider or narrower than the mean of all lines."""
SCANTY_PIECES = 2
SCANTY_COST = 0.5
"""What a last line of so few pieces costs."""


def line_columns(language: str | None) -> int:
    """Returns how many columns a line of the language has unless an option says otherwise."""
    return FULL_WIDTH_LINE_COLUMNS.get(language or "", LINE_COLUMNS)


def columns(text: str) -> int:
    """Returns how many columns the text takes in a font of fixed width."""
    if text.isascii() and text.isprintable():
        return len(text)
    width = wcwidth.wcswidth(text)
    if width >= 0:
        return width
    widths = map(wcwidth.wcwidth, text)  # -1 for a control character, which has no width
    known = [width for width in widths if width > 0]
    return sum(known)


@dataclass(frozen=True)
class PieceWidth:
    """The columns of a piece of text, and how many of them are the space at its end."""

    whole: int
    space: int


def measure(text: str) -> PieceWidth:
    """Returns how wide a text is with each run of white space as one space."""
    shown = columns(one_line(text))
    before = int(text[:1].isspace())
    after = int(text[-1:].isspace())
    whole = before + shown + after
    return PieceWidth(whole, after)


def count_lines(widths: Iterable[PieceWidth], most_columns: int) -> int:
    """Returns how many lines the pieces need at least."""
    lines = 1
    line = 0
    for width in widths:
        shown = line + width.whole - width.space
        if line and shown > most_columns:
            lines += 1
            line = 0
        line += width.whole
    return lines


@dataclass(frozen=True)
class LineStart:
    """The best lines for the pieces before a place."""

    cost: float
    ends: tuple[int, ...]
    """For each line, how many pieces are before its end."""


def balance_lines(
    widths: Sequence[PieceWidth], breaks: Sequence[Break], most_columns: int
) -> tuple[int, ...]:
    """Returns for each line how many pieces are before its end.

    There are as few lines as can be, of similar widths, and they end where `breaks` are good.
    """
    count = count_lines(widths, most_columns)
    wholes = [width.whole for width in widths]
    mean = sum(wholes) / count
    best = {0: LineStart(0.0, ())}
    for _ in range(count):
        longer: dict[int, LineStart] = {}
        for start, before in best.items():
            for end, width in possible_lines(widths, start, most_columns):
                distance = (width - mean) / most_columns
                cost = before.cost + BALANCE_COST * distance * distance
                cost += end_cost(breaks, start, end)
                known = longer.get(end)
                if known is None or cost < known.cost:
                    longer[end] = LineStart(cost, (*before.ends, end))
        best = longer
    return best[len(widths)].ends


def possible_lines(
    widths: Sequence[PieceWidth], start: int, most_columns: int
) -> Iterator[tuple[int, int]]:
    """Yields where a line that begins with the piece `start` may end, and how wide it is. A piece
    that is wider than a line has one of its own."""
    line = 0
    for index in range(start, len(widths)):
        width = widths[index]
        shown = line + width.whole - width.space
        if line and shown > most_columns:
            return
        yield index + 1, shown
        line += width.whole


def end_cost(breaks: Sequence[Break], start: int, end: int) -> float:
    """Returns what it costs that a line ends where it does. The last one may have too few words."""
    is_last = end == len(breaks)
    if not is_last:
        return BREAK_COST[breaks[end - 1]]
    is_scanty = end - start <= SCANTY_PIECES < start
    return SCANTY_COST if is_scanty else 0.0


def narrow_pieces(pieces: Iterable[str], most_columns: int) -> Iterator[str]:
    """Yields the pieces, those that are wider than a line in several parts."""
    for piece in pieces:
        rest = piece
        while columns(rest.rstrip()) > most_columns:
            cut = best_cut_in_piece(rest, most_columns)
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def best_cut_in_piece(piece: str, most_columns: int) -> int:
    """Returns how many characters of a piece that is too wide go on the first line.

    It cuts between words if it can, otherwise after a space, otherwise inside a word, otherwise
    before closing punctuation. It cuts inside a grapheme cluster only if one is wider than a line.
    """
    fitting = fitting_cuts(piece, most_columns)
    beginning = piece[: len(fitting) + 1]
    starts = cluster_starts(beginning)
    between_clusters = [cut for cut in fitting if cut in starts]
    for is_allowed in (keeps_words, follows_space, keeps_marks):
        allowed = [cut for cut in between_clusters if is_allowed(piece, cut)]
        if allowed:
            return allowed[-1]
    cuts = between_clusters or fitting
    if not cuts:
        return 1
    return cuts[-1]


def fitting_cuts(piece: str, most_columns: int) -> list[int]:
    """Returns the positions before which the piece has at most so many columns."""
    fitting = []
    for cut in range(1, len(piece)):
        if columns(piece[:cut].rstrip()) > most_columns:
            break
        fitting.append(cut)
    return fitting


def keeps_words(piece: str, cut: int) -> bool:
    if separates_word(piece, cut):
        return False
    return keeps_marks(piece, cut)


def follows_space(piece: str, cut: int) -> bool:
    return piece[cut - 1].isspace()


def keeps_marks(piece: str, cut: int) -> bool:
    if piece[cut].isspace():
        return False
    return not separates_marks(piece, cut)
