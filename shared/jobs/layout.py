"""Where a job's objects are stored: URIs in the work bucket and names in the outbox."""

from shared.model.contracts import Source
from shared.model.formats import FORMATS
from shared.settings import settings

LONGEST_FILE_NAME = max(len(format.file_name) for format in FORMATS.values())
MAX_NAME_BYTES = 1024 - len("/") - LONGEST_FILE_NAME
"""Longest name of a recording whose answers still have names that Cloud Storage accepts."""


def job_uri(source: Source) -> str:
    """Returns the folder of everything that the stages write.

    Jobs share nothing, so erasing a job means erasing its folder.
    """
    bucket = settings().buckets.work
    return f"gs://{bucket}/{source.job_id}/"


def work_uri(source: Source, stage: str) -> str:
    """Returns the folder of a stage's objects, without a slash at the end."""
    return f"{job_uri(source)}{stage}"


def result_uri(source: Source, stage: str, cache_key: str) -> str:
    """Returns where a stage's result is committed. Its outputs are beside it."""
    return f"{work_uri(source, stage)}/{cache_key}.json"


def problem_uri(source: Source) -> str:
    """Returns where the problem that ended a stage is stored for finalize."""
    return f"{job_uri(source)}problem.json"


def edits_uri(source: Source) -> str:
    """Returns where the current revision of a job's edits is stored. See shared/model/edits.py."""
    return f"{job_uri(source)}edits.json"


def outbox_folder(source: Source) -> str:
    """Returns the URI of the folder of a recording's answer, without a slash at the end."""
    bucket = settings().buckets.outbox
    folder = answer_folder(source)
    return f"gs://{bucket}/{folder}"


def answer_folder(source: Source) -> str:
    """Returns what the names of a recording's answers begin with, without a slash at the end.

    It is the recording's full name, since two files may share a stem.
    """
    name_bytes = source.name.encode()
    if len(name_bytes) > MAX_NAME_BYTES:
        return f"too-long-a-name/{source.job_id}"
    return source.name
