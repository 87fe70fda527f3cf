"""What in the inbox is a recording. The workflow holds the same rule (workflows/transcription.yaml)."""

import re
from collections.abc import Iterator

NO_RECORDING = re.compile(r"/$|(^|/)options[.]json$|^(gsutil|gcloud)/tmp/parallel_composite_uploads/")
"""Folder markers, options for the files beside them, and the parts of a composite upload."""


def is_recording(name: str) -> bool:
    return NO_RECORDING.search(name) is None


def options_paths(name: str) -> Iterator[str]:
    """Where options for an object may stand, the nearest first: `a/b/c.mp3` -> a/b/, a/, and the top."""
    folder = name.rpartition("/")[0]
    while folder:
        yield f"{folder}/options.json"
        folder = folder.rpartition("/")[0]
    yield "options.json"
