"""Where a job's objects are stored: URIs in the work bucket and names in the outbox."""

from shared.model.contracts import Source
from shared.settings import settings


def job_uri(source: Source) -> str:
    """The folder of all that the stages write. Nothing is shared between jobs, so erasing one is
    erasing a folder."""
    return f"gs://{settings().work}/{source.job_id}/"


def work_uri(source: Source, stage: str) -> str:
    """The folder of a stage's objects."""
    return f"{job_uri(source)}{stage}"


def problem_uri(source: Source) -> str:
    """Where the shell leaves the problem that ended a stage, for finalize to find."""
    return f"{job_uri(source)}problem.json"


LONGEST = 1024 - len("/transcript.whisperx.json")
"""Bytes of a name whose answers still have legal names."""


def answer_folder(source: Source) -> str:
    """The name that all answers begin with: the recording's full one, since two files may share a
    stem."""
    return (
        source.name if len(source.name.encode()) <= LONGEST else f"too-long-a-name/{source.job_id}"
    )
