"""What in the inbox is a recording, under which name it is answered, and whether it is."""

import re
from collections.abc import Iterator

from shared.jobs.layout import answer_folder
from shared.model.contracts import Source
from shared.ports.blobs import Blob, BlobStore
from shared.settings import settings

NO_RECORDING = re.compile(
    r"/$|(^|/)options[.]json$|^(gsutil|gcloud)/tmp/parallel_composite_uploads/"
)
"""Folder markers, options for the files beside them, and the parts of a composite upload. The
workflow holds the same rule (workflows/transcription.yaml)."""


def is_recording(name: str) -> bool:
    return NO_RECORDING.search(name) is None


def answered(source: Source, blobs: BlobStore) -> bool:
    """This generation of it, or a later one."""
    folder = f"gs://{settings().outbox}/{answer_folder(source)}"
    marks = (blobs.find(f"{folder}/{mark}") for mark in ("transcript.json", "problem.json"))
    return any(mark is not None and generation_of(mark) >= source.generation for mark in marks)


def generation_of(answer: Blob) -> int:
    """Of the recording that it answers; an object that somebody else put there answers nothing."""
    return int(answer.metadata.get("dropscribe-generation", 0))


def options_paths(name: str) -> Iterator[str]:
    """Where options for an object may stand, the nearest first: `a/b/c.mp3` -> a/b/, a/, and the
    top."""
    folder = name.rpartition("/")[0]
    while folder:
        yield f"{folder}/options.json"
        folder = folder.rpartition("/")[0]
    yield "options.json"
