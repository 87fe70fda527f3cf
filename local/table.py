"""Tables as text, without folded rows."""

import shutil
import sys
from collections.abc import Sequence

from local.progress import GAP, SHORTEST_NAME, shortened


def output_width() -> int | None:
    """Returns the columns of the terminal, or None if the output goes elsewhere."""
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns


def table(rows: Sequence[Sequence[str]], name_column: int, width: int | None) -> list[str]:
    """Returns the rows, the first of which has the headings, as lines of `width` at most.

    Names are shortened to fit. If that is not enough, columns are left out from the right.
    """
    widths = column_widths(rows)
    name_width = widths[name_column]
    if width is not None:
        shortest = min(name_width, SHORTEST_NAME)
        while total(widths) - name_width + shortest > width and len(widths) > name_column + 1:
            widths.pop()
        excess = max(0, total(widths) - width)
        name_width = max(shortest, name_width - excess)
    widths[name_column] = name_width
    return [line(row, name_column, widths) for row in rows]


def column_widths(rows: Sequence[Sequence[str]]) -> list[int]:
    columns = zip(*rows, strict=True)
    return [max(map(len, cells)) for cells in columns]


def total(widths: Sequence[int]) -> int:
    """Returns the width of a line with these columns."""
    gaps = len(widths) - 1
    return sum(widths) + gaps * len(GAP)


def line(row: Sequence[str], name_column: int, widths: Sequence[int]) -> str:
    """Returns as many cells of a row as there are widths."""
    cells = []
    for column, width in enumerate(widths):
        cell = row[column]
        if column == name_column:
            cell = shortened(cell, width)
        padded = cell.ljust(width)
        cells.append(padded)
    return GAP.join(cells).rstrip()
