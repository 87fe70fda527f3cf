"""Which objects of the inbox are recordings, which options apply to them, and whether they have an
answer."""

import re
from collections.abc import Iterator

from shared.jobs.layout import outbox_folder
from shared.model.contracts import Source
from shared.model.formats import COMMIT_MARKS
from shared.ports.blobs import Blob, BlobStore

NO_RECORDING = re.compile(
    r"/$|(^|/)options[.]json$|[.]edits[.]json$|^(gsutil|gcloud)/tmp/parallel_composite_uploads/"
)
"""Names of folder markers, of options for the files beside them, of corrections of a recording's
transcript, and of the parts of a composite upload. workflows/transcription.yaml holds the same
rule."""
EDITS_FILE_OF_RECORDING = re.compile(r"[^/][.]edits[.]json$")
"""Names of corrections that are handed to finalize: the recording's name comes before the ending.
workflows/transcription.yaml holds the same rule."""
EDITS_ENDING = ".edits.json"


def is_recording(name: str) -> bool:
    return NO_RECORDING.search(name) is None


def is_edits_file(name: str) -> bool:
    """Returns whether the object holds corrections of a recording's transcript."""
    return EDITS_FILE_OF_RECORDING.search(name) is not None


def edited_recording(name: str) -> str:
    """Returns the name of the recording whose corrections an object holds."""
    return name.removesuffix(EDITS_ENDING)


def edits_file_name(recording: str) -> str:
    """Returns the name of the object that may hold corrections of a recording."""
    return recording + EDITS_ENDING


def answered(source: Source, blobs: BlobStore) -> bool:
    """Returns whether this generation of the recording, or a later one, has an answer."""
    folder = outbox_folder(source)
    for name in COMMIT_MARKS:
        mark = blobs.find(f"{folder}/{name}")
        if mark is None:
            continue
        if generation_of(mark) >= source.generation:
            return True
    return False


def generation_of(answer: Blob) -> int:
    """Returns the generation of the recording that an outbox object answers, or 0 if the object was
    put there by something else."""
    return int(answer.metadata.get("dropscribe-generation", 0))


def options_paths(name: str) -> Iterator[str]:
    """Yields the names under which an object's options may be stored, the nearest first.

    For `a/b/c.mp3` they are in `a/b/`, in `a/`, and at the top of the bucket.
    """
    folder = name.rpartition("/")[0]
    while folder:
        yield f"{folder}/options.json"
        folder = folder.rpartition("/")[0]
    yield "options.json"
