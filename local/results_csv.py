"""Writes a table of a run's results, for spreadsheets and data frames."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path

from local.answers import write
from local.batch import Item
from shared.model.formats import TRANSCRIPT
from shared.model.spreadsheet_cells import without_formula

COLUMNS = ("name", "state", "language", "seconds", "words", "speakers", "reason")
NO_FACTS: tuple[str, ...] = ("", "", "", "")


def write_results(items: Iterable[Item], file: Path) -> None:
    """Writes a line for each recording. Raises OSError."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for item in items:
        cells = map(without_formula, result(item))
        table.writerow(cells)
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = text.getvalue()
    content = lines.encode()
    write(file, content)


def result(item: Item) -> tuple[str, ...]:
    """Returns the cells of a recording."""
    state = item.state or "not uploaded"
    reason = item.reason or ""
    facts = NO_FACTS
    if item.is_done and item.folder is not None:
        facts = facts_of(item.folder)
    return (item.name, state, *facts, reason)


def facts_of(folder: Path) -> tuple[str, ...]:
    """Returns the language, the seconds, and the numbers of words and speakers of an answer."""
    file = folder / TRANSCRIPT.file_name
    transcript = json.loads(file.read_bytes())
    language = transcript["language"]["code"] or ""
    seconds = transcript["media"]["duration"]
    words = len(transcript["words"])
    speakers = len(transcript["speakers"])
    return language, str(seconds), str(words), str(speakers)
