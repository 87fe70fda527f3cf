"""The outbox: one folder per recording with one answer, whatever fails and however often.

Every object carries the version (generation, run, revision) of its answer, and is only written over
an older version. `transcript.json` or `problem.json` is written last and commits the answer; the
other one is deleted after it. For a moment both may be there: the higher version counts.

The formats are drawn again when people correct the transcript, in the next revision of the same
answer. `edits.json` is written after them: all formats have at least its revision.
"""

from collections.abc import Mapping
from typing import NamedTuple

from shared.jobs.layout import outbox_folder
from shared.model.contracts import Source
from shared.model.errors import StorageUnavailable
from shared.model.formats import (
    BYTES,
    EDITS_FILE,
    EDITS_PROBLEM_FILE,
    FORMATS,
    JSON,
    PEAKS_FILE,
    PROBLEM_FILE,
    TRANSCRIPT,
)
from shared.ports.blobs import Blob, BlobStore

TRIES = 10
"""Writes that other writers may overtake before one is given up."""


class AnswerVersion(NamedTuple):
    """Which run of which upload an answer is from, and which edits it has. Later versions compare
    greater."""

    generation: int
    """Of the recording."""
    run: int
    """Of the job."""
    revision: int = 0
    """Of the edits that the object was drawn with. 0: none, as in transcript.json."""

    @property
    def unedited(self) -> "AnswerVersion":
        """Returns the version of the answer without edits."""
        return AnswerVersion(self.generation, self.run)


NO_ANSWER = AnswerVersion(0, 0)
CONTENT_TYPES = {
    PROBLEM_FILE: JSON,
    TRANSCRIPT.file_name: TRANSCRIPT.content_type,
    **{format.file_name: format.content_type for format in FORMATS.values()},
    PEAKS_FILE: BYTES,
    EDITS_FILE: JSON,
    EDITS_PROBLEM_FILE: JSON,
}
"""Content type by name, for every object that an answer may have."""
FILE_NAMES = {
    "json": TRANSCRIPT.file_name,
    **{name: format.file_name for name, format in FORMATS.items()},
}
"""Name of the object by format, for a transcript in every format."""
TRANSCRIPT_NAMES = tuple(name for name in CONTENT_TYPES if name != PROBLEM_FILE)


def version_of(blob: Blob) -> AnswerVersion:
    """Returns the version that an object belongs to, NO_ANSWER if finalize did not write it."""
    generation = blob.metadata.get("dropscribe-generation", 0)
    run = blob.metadata.get("dropscribe-run", 0)
    revision = blob.metadata.get("dropscribe-revision", 0)
    return AnswerVersion(int(generation), int(run), int(revision))


def put_answer(
    source: Source,
    run: int,
    files: Mapping[str, bytes],
    blobs: BlobStore,
    language: str | None = None,
    revision: int = 0,
) -> bool:
    """Writes a transcript in all its formats. Returns False if a later answer is there.

    `files` are by name, `language` is that of the text, and `revision` that of the edits which the
    formats were drawn with. `transcript.json` is written last; then an older problem, and older
    formats that are not in `files`, are deleted.
    """
    own_version = AnswerVersion(source.generation, run)
    drawn_version = own_version._replace(revision=revision)
    drawn = {name: data for name, data in files.items() if name != TRANSCRIPT.file_name}
    transcript = files[TRANSCRIPT.file_name]
    is_newest = (
        version_at(source, PROBLEM_FILE, blobs) <= own_version
        and put_objects(source, drawn_version, drawn, blobs, language)
        and put_object(source, own_version, TRANSCRIPT.file_name, transcript, blobs, language)
        and version_at(source, PROBLEM_FILE, blobs) <= own_version
    )
    if not is_newest:
        delete_transcript(source, run, blobs)
        return False

    for name in CONTENT_TYPES:
        if name not in files:
            delete_older(source, drawn_version, name, blobs)
    return True


def put_drawing(
    source: Source,
    version: AnswerVersion,
    files: Mapping[str, bytes],
    blobs: BlobStore,
    language: str | None = None,
) -> bool:
    """Writes the formats of a transcript that is there, drawn with a revision of its edits, and
    `edits.json` last. Returns False if a later answer is there, or is being written.

    A later run may have deleted formats that it does not have before they are written here, so
    what was written beside its transcript is deleted again.
    """
    is_newest = put_objects(source, version, files, blobs, language)
    mark = version_at(source, TRANSCRIPT.file_name, blobs)
    if mark == version.unedited:
        return is_newest
    for name in files:
        delete_object(source, version.run, name, blobs)
    return False


def put_objects(
    source: Source,
    version: AnswerVersion,
    files: Mapping[str, bytes],
    blobs: BlobStore,
    language: str | None,
) -> bool:
    """Writes objects, `edits.json` last. Returns False if one of a later answer is there."""
    edits_last = sorted(files, key=lambda name: name == EDITS_FILE)
    return all(
        put_object(source, version, name, files[name], blobs, language) for name in edits_last
    )


def put_problem(source: Source, run: int, problem: bytes, blobs: BlobStore) -> bool:
    """Writes a problem and deletes the older answer that it replaces.

    Returns False if this run or a later one has written a transcript.
    """
    own_version = AnswerVersion(source.generation, run)
    is_newest = (
        version_at(source, TRANSCRIPT.file_name, blobs) < own_version
        and put_object(source, own_version, PROBLEM_FILE, problem, blobs)
        and version_at(source, TRANSCRIPT.file_name, blobs) < own_version
    )
    if is_newest:
        delete_transcript(source, run - 1, blobs)  # this run's own, still being written, is kept
    else:
        delete_object(source, run, PROBLEM_FILE, blobs)
    return is_newest


def standing_transcript(source: Source, run: int, blobs: BlobStore) -> dict[str, str]:
    """Returns the URIs by format of the transcript that an earlier run of this job wrote and that
    is its answer now, or nothing if there is none."""
    version = version_at(source, TRANSCRIPT.file_name, blobs)
    if version.generation != source.generation:
        return {}
    if version.run >= run:
        return {}
    problem_version = version_at(source, PROBLEM_FILE, blobs)
    if version < problem_version:
        return {}
    folder = outbox_folder(source)
    uris = {}
    for format_name, file_name in FILE_NAMES.items():
        file_version = version_at(source, file_name, blobs)
        if file_version.unedited == version:
            uris[format_name] = f"{folder}/{file_name}"
    return uris


def version_at(source: Source, name: str, blobs: BlobStore) -> AnswerVersion:
    """Returns the version of the object with that name, NO_ANSWER if there is none.

    A writer looks at the other kind of answer before its own write and after it, since a later run
    may write, and look, in between.
    """
    found = find_object(source, name, blobs)
    if found is None:
        return NO_ANSWER
    return version_of(found)


def put_object(
    source: Source,
    version: AnswerVersion,
    name: str,
    data: bytes,
    blobs: BlobStore,
    language: str | None = None,
) -> bool:
    """Writes an object unless a later version of it is there. Returns False if one of a later
    answer is.

    An object of the same version, or of a later revision of the same answer, is left as it is.
    """
    folder = outbox_folder(source)
    uri = f"{folder}/{name}"
    metadata = {
        "dropscribe-generation": str(version.generation),
        "dropscribe-run": str(version.run),
        "dropscribe-job": source.job_id,
    }
    if version.revision:
        metadata["dropscribe-revision"] = str(version.revision)
    if language:
        metadata["dropscribe-language"] = language

    replaced_generation = 0
    for _ in range(TRIES):
        written = blobs.put(
            uri,
            data,
            if_generation_match=replaced_generation,
            content_type=CONTENT_TYPES[name],
            metadata=metadata,
        )
        if written is not None:
            return True
        found = blobs.find(uri)
        if found and version_of(found) >= version:
            return version_of(found).unedited == version.unedited
        replaced_generation = found.generation if found else 0
    raise StorageUnavailable(f"other writers overtook {TRIES} writes of {name}")


def delete_answer(source: Source, run: int, blobs: BlobStore) -> None:
    """Deletes the transcript and the problem, unless they are of a later version."""
    delete_object(source, run, PROBLEM_FILE, blobs)
    delete_transcript(source, run, blobs)


def delete_transcript(source: Source, run: int, blobs: BlobStore) -> None:
    """Deletes the transcript in every format, unless it is of a later version."""
    for name in TRANSCRIPT_NAMES:
        delete_object(source, run, name, blobs)


def delete_object(source: Source, run: int, name: str, blobs: BlobStore) -> None:
    """Deletes an object with whatever edits, unless it is of a later answer."""
    newest_deleted = AnswerVersion(source.generation, run)
    found = find_object(source, name, blobs)
    if found is not None and version_of(found).unedited <= newest_deleted:
        blobs.delete(found.uri, found.generation)


def delete_older(source: Source, version: AnswerVersion, name: str, blobs: BlobStore) -> None:
    """Deletes an object of that version or an earlier one. Edits that were drawn later stay."""
    found = find_object(source, name, blobs)
    if found is not None and version_of(found) <= version:
        blobs.delete(found.uri, found.generation)


def find_object(source: Source, name: str, blobs: BlobStore) -> Blob | None:
    folder = outbox_folder(source)
    return blobs.find(f"{folder}/{name}")
