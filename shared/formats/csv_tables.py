"""The tables of segments and of words as CSV (RFC 4180), safe to open in a spreadsheet.

A byte order mark comes first: without it Excel reads every letter beyond ASCII wrongly. Programs
that want typed columns have Parquet.
"""

import csv
import io

from shared.formats.tables import Cell, Table, segment_table, word_table
from shared.formats.text import utf8
from shared.model.spreadsheet_cells import without_formula
from shared.model.transcript import Transcript

BYTE_ORDER_MARK = "\ufeff"


def write_csv(transcript: Transcript) -> bytes:
    """Returns the table of segments."""
    table = segment_table(transcript)
    return csv_of(table)


def write_words_csv(transcript: Transcript) -> bytes:
    """Returns the table of words."""
    table = word_table(transcript)
    return csv_of(table)


def csv_of(table: Table) -> bytes:
    """Returns a table with a header, in UTF-8."""
    document = io.StringIO(newline="")
    document.write(BYTE_ORDER_MARK)
    writer = csv.writer(document)
    writer.writerow(table.kinds)
    for row in table.rows:
        cells = map(csv_cell, row.values())
        writer.writerow(cells)
    text = document.getvalue()
    return utf8(text)


def csv_cell(cell: Cell) -> str:
    """Returns a cell as text: nothing for None, and a list with a space between its texts."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int | float):
        return str(cell)
    if isinstance(cell, list):
        return without_formula(" ".join(cell))
    return without_formula(cell)
