"""Tables as text, without folded rows."""

import shutil
import sys
from collections.abc import Sequence

from local.progress import SHORTEST_NAME, shortened

GAP = "  "


def output_width() -> int | None:
    """Returns the columns of the terminal, or None if the output goes elsewhere."""
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns


def table(rows: Sequence[Sequence[str]], name_column: int, width: int | None) -> list[str]:
    """Returns the rows, the first of which has the headings, as lines of `width` at most.

    Names are shortened to fit. If that is not enough, columns are left out from the right.
    """
    columns = len(rows[0])
    while True:
        shown = [row[:columns] for row in rows]
        widths = [max(map(len, cells)) for cells in zip(*shown, strict=True)]
        total = sum(widths) + len(GAP) * (columns - 1)
        excess = 0 if width is None else max(0, total - width)
        name_width = widths[name_column] - excess
        fits = excess == 0 or name_width >= SHORTEST_NAME
        if fits or columns == name_column + 1:
            break
        columns -= 1
    widths[name_column] = max(SHORTEST_NAME, name_width)
    return [line(row, name_column, widths) for row in shown]


def line(row: Sequence[str], name_column: int, widths: Sequence[int]) -> str:
    cells = list(row)
    cells[name_column] = shortened(cells[name_column], widths[name_column])
    padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return GAP.join(padded).rstrip()
