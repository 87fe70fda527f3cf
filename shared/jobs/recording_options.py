"""The options of a recording, from all places where they can be set."""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue

from shared.jobs.inbox import options_paths
from shared.model.artifacts import StageWarning
from shared.model.contracts import Source
from shared.model.object_metadata import known_options, read_metadata
from shared.model.options_file import read_options_file, refuse_if_large
from shared.ports.blobs import Blob, BlobStore
from shared.settings import settings


class RecordingOptions(NamedTuple):
    """A recording's options, and what else was found beside them."""

    by_origin: dict[str, dict[str, JsonValue]]
    """The weakest first."""
    tags: dict[str, str]
    """The uploader's, from the object's metadata."""
    warnings: tuple[StageWarning, ...]
    """About names that are no options."""


def load_options(
    source: Source, recording: Blob, redrive: Mapping[str, JsonValue], blobs: BlobStore
) -> RecordingOptions:
    """Returns the options of a run of a recording's job. `redrive` are those of the run itself.

    They are read again for each run, so a redrive sees what changed. Raises BadOption if the
    options.json cannot be read.
    """
    metadata = read_metadata(recording.metadata)
    from_file, file_warnings = load_options_file(source.bucket, source.name, blobs)
    by_origin = {
        "deployment": settings().recordings.defaults,
        **from_file,
        "object metadata": metadata.options,
        "redrive": dict(redrive),
    }
    warnings = (*file_warnings, *metadata.warnings)
    return RecordingOptions(by_origin, metadata.tags, warnings)


def load_options_file(
    bucket: str, name: str, blobs: BlobStore
) -> tuple[dict[str, dict[str, JsonValue]], tuple[StageWarning, ...]]:
    """Returns the nearest options.json of a recording by its path, or nothing if there is none; and
    a warning about names in it that are no options.

    Raises BadOption if it is too large, which is checked before it is read, or cannot be read.
    """
    for path in options_paths(name):
        uri = f"gs://{bucket}/{path}"
        options_file = blobs.find(uri)
        if options_file is None:
            continue
        refuse_if_large(options_file.size, path)
        content = blobs.read(uri)
        values = read_options_file(content, path)
        options, warnings = known_options(values, path)
        return {path: options}, warnings
    return {}, ()
