"""Lines of a limited width, in columns: a character of Chinese, Japanese or Korean takes two."""

from collections.abc import Iterable, Iterator

import wcwidth

from shared.formats.break_rules import (
    cluster_starts,
    separates_marks,
    separates_word,
)
from shared.formats.text import one_line

LINE_COLUMNS = 42
FULL_WIDTH_LINE_COLUMNS = 32
"""Columns of a line in the languages of FULL_WIDTH: 16 of their characters. Both limits are those
of Netflix's style guides for Chinese, Korean and English."""
FULL_WIDTH = frozenset({"ja", "ko", "yue", "zh"})


def line_columns(language: str | None) -> int:
    """Returns how many columns a line of the language may have."""
    return FULL_WIDTH_LINE_COLUMNS if language in FULL_WIDTH else LINE_COLUMNS


def columns(text: str) -> int:
    """Returns how many columns the text takes in a font of fixed width."""
    width = wcwidth.wcswidth(text)
    if width >= 0:
        return width
    widths = map(wcwidth.wcwidth, text)  # -1 for a control character, which has no width
    known = [width for width in widths if width > 0]
    return sum(known)


def fill_lines(pieces: Iterable[str], most_columns: int) -> list[str]:
    """Returns the pieces in lines of at most so many columns, each as full as possible.

    A piece that is wider than a line is cut where that harms reading least.
    """
    lines: list[str] = []
    line = ""
    for piece in narrow_pieces(pieces, most_columns):
        extended = line + piece
        if columns(one_line(extended)) <= most_columns:
            line = extended
        else:
            lines.append(line)
            line = piece
    lines.append(line)
    shown = map(one_line, lines)
    return [line for line in shown if line]


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
