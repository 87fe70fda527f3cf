"""Writes the answers of jobs into a folder of this machine."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from shared.model.api import JobSummary
from shared.model.edits import StoredEdits
from shared.model.edits_api import stored_edits
from shared.model.formats import FORMATS, PROBLEM_FILE, TRANSCRIPT

if TYPE_CHECKING:
    from dropscribe import Client

EDITS_FILE = "edits.json"
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


def fetch(client: "Client", job: JobSummary, out: Path, formats: Sequence[str] = ()) -> Path | None:
    """Writes the answer of a job that has ended. Returns its folder, or None if it has no answer.

    It is written in these formats, or without any in those of the job, and with its edits.
    transcript.json is written last, so that it marks a complete answer. Raises OSError.
    """
    folder = answer_folder(out, job.name)
    if job.formats:
        folder.mkdir(parents=True, exist_ok=True)
        fetch_edits(client, job, folder)
        for format, file_name in files_of(formats or job.formats):
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


def fetch_edits(client: "Client", job: JobSummary, folder: Path) -> None:
    """Writes edits.json if the transcript has edits, and deletes it otherwise.

    The files after it may have a newer revision, which a later call then fetches again.
    """
    file = folder / EDITS_FILE
    if job.edits == 0:
        file.unlink(missing_ok=True)
        return
    stored = stored_edits(client.edits(job.id))
    if stored is None:
        file.unlink(missing_ok=True)
    else:
        write(file, stored.model_dump_json(indent=1).encode())


def files_of(formats: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields formats with their file names, the transcript itself last."""
    for format in formats:
        if format in FORMATS:
            yield format, FORMATS[format].file_name
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
    """Returns whether the answer of a job's current run is in the folder, with its edits."""
    folder = answer_folder(out, job.name)
    try:
        transcript = json.loads((folder / TRANSCRIPT.file_name).read_bytes())
        answered = transcript["job"]
        found = (answered["id"], answered["run"])
    except (OSError, ValueError, LookupError, TypeError):
        return False
    return found == (job.id, job.run) and fetched_revision(folder) == job.edits


def fetched_revision(folder: Path) -> int:
    """Returns the revision of the edits in a folder, 0 without edits."""
    try:
        content = (folder / EDITS_FILE).read_bytes()
        return StoredEdits.model_validate_json(content).revision
    except (OSError, ValidationError):
        return 0


def refuse_unwritable(out: Path) -> None:
    """Raises OSError if answers cannot be written into a folder, which is made."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=out):
        pass
