"""Writes the answers of jobs into a folder of this machine."""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from shared.model.api import JobSummary
from shared.model.formats import FORMATS, PROBLEM_FILE, TRANSCRIPT

if TYPE_CHECKING:
    from dropscribe import Client

JSON = "json"
"""Name of the format that is the transcript itself."""
HARMFUL_PARTS = ("", ".", "..")
"""Parts of an object's name that would lead elsewhere as parts of a path."""


def answer_folder(out: Path, name: str) -> Path:
    """Returns the folder of a recording's answer, which is beneath `out` whatever the name is."""
    parts = []
    for part in name.split("/"):
        safe_part = f"_{part}" if part in HARMFUL_PARTS else part
        parts.append(safe_part)
    return out.joinpath(*parts)


def fetch(client: "Client", job: JobSummary, out: Path) -> Path | None:
    """Writes the answer of a job that has ended. Returns its folder, or None if it has no answer.

    transcript.json is written last, so that it marks a complete answer. Raises OSError.
    """
    folder = answer_folder(out, job.name)
    if job.formats:
        folder.mkdir(parents=True, exist_ok=True)
        for format, file_name in files_of(job):
            content = client.transcript(job.id, format)
            write(folder / file_name, content)
        (folder / PROBLEM_FILE).unlink(missing_ok=True)
        return folder
    if job.problem is not None:
        folder.mkdir(parents=True, exist_ok=True)
        text = job.problem.model_dump_json(indent=2, exclude_none=True)
        write(folder / PROBLEM_FILE, text.encode())
        return folder
    return None


def files_of(job: JobSummary) -> Iterator[tuple[str, str]]:
    """Yields a job's formats with their file names, the transcript itself last."""
    for format in job.formats:
        if format in FORMATS:
            yield format, FORMATS[format].file_name
    if JSON in job.formats:
        yield JSON, TRANSCRIPT.file_name


def write(path: Path, content: bytes) -> None:
    """Writes a file that is there whole or not at all."""
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        new = Path(file.name)
        try:
            file.write(content)
        except OSError:
            new.unlink(missing_ok=True)
            raise
    new.chmod(0o644)
    new.replace(path)


def is_fetched(job: JobSummary, out: Path) -> bool:
    """Returns whether the answer of a job's current run is in the folder."""
    file = answer_folder(out, job.name) / TRANSCRIPT.file_name
    try:
        transcript = json.loads(file.read_bytes())
        answered = transcript["job"]
        found = (answered["id"], answered["run"])
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return found == (job.id, job.run)


def refuse_unwritable(out: Path) -> None:
    """Raises OSError if answers cannot be written into a folder, which is made."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=out):
        pass
