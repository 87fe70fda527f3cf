"""Writes a table of a run's results, for spreadsheets and data frames."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

from local.answers import write
from local.batch import Item
from shared.model.formats import TRANSCRIPT

COLUMNS = ("name", "state", "language", "seconds", "words", "speakers", "reason")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""Begin a cell that a spreadsheet would compute."""


def write_results(items: Iterable[Item], file: Path) -> None:
    """Writes a line for each recording. Raises OSError."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for item in items:
        table.writerow([safe_cell(value) for value in result(item)])
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file, text.getvalue().encode())


def result(item: Item) -> tuple[str, ...]:
    """Returns the cells of a recording."""
    state = "not uploaded" if item.job is None else item.job.state
    facts = facts_of(item.folder) if item.is_done else ("", "", "", "")
    return (item.name, state, *facts, item.reason or "")


def facts_of(folder: Path | None) -> tuple[str, str, str, str]:
    """Returns the language, the seconds, and the numbers of words and speakers of an answer.

    They are empty if the answer is not in the folder.
    """
    if folder is None:
        return "", "", "", ""
    transcript = json.loads((folder / TRANSCRIPT.file_name).read_bytes())
    return (
        str(transcript["language"]["code"] or ""),
        str(transcript["media"]["duration"]),
        str(len(transcript["words"])),
        str(len(transcript["speakers"])),
    )


def safe_cell(value: str) -> str:
    """Returns a text as a cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value
