"""Draws the formats of an existing transcript again, with the edits that people saved."""

import logging

from functions.finalize.answer.files import draw_files, edited_files
from functions.finalize.answer.outbox import (
    NO_ANSWER,
    AnswerVersion,
    delete_answer,
    delete_object,
    put_drawing,
    version_at,
)
from shared.jobs.due_edits import record_drawn
from shared.jobs.edit_store import find_edits
from shared.jobs.layout import outbox_folder
from shared.jobs.store import JobStore
from shared.model.contracts import Finalized, Source
from shared.model.edits import StoredEdits
from shared.model.errors import ArtifactMissing, StorageUnavailable, TranscriptGone
from shared.model.formats import EDITS_FILE, FORMATS, TRANSCRIPT
from shared.model.options import Options, option_values
from shared.model.transcript import Transcript
from shared.model.transcript_language import text_language
from shared.ports.blobs import BlobStore

log = logging.getLogger(__name__)

DRAWINGS = 20
"""Revisions that are drawn one after the other before a drawing is left to a later execution."""

DRAWN_NAMES = (EDITS_FILE, *(format.file_name for format in FORMATS.values()))
"""Names of the objects that a drawing writes."""
OVERTAKEN = 0
"""No revision was drawn, because a later run is writing its answer."""


def draw_edits(source: Source, blobs: BlobStore, jobs: JobStore) -> Finalized:
    """Draws the formats of the recording's transcript until they have the newest revision.

    It can be repeated. Returns the state "superseded" if there is no transcript of the recording.
    """
    for _ in range(DRAWINGS):
        job = jobs.find(source.job_id)
        if job is None or job.state == "erased":
            # This call may be a retry of one that wrote a drawing and died.
            delete_late_drawing(source, blobs, jobs)
            return Finalized(job_id=source.job_id, state="superseded")
        try:
            revision = draw_newest(source, blobs, jobs)
        except TranscriptGone:
            record_drawn(source.job_id, job.edits_due or 0, jobs)
            return Finalized(job_id=source.job_id, state="superseded")
        is_newest = record_drawn(source.job_id, revision, jobs)
        if is_newest:
            return Finalized(job_id=source.job_id, state="done")
    raise StorageUnavailable(f"{DRAWINGS} drawings were overtaken by newer edits")


def delete_late_drawing(source: Source, blobs: BlobStore, jobs: JobStore) -> None:
    """Deletes what was drawn for a recording that was erased meanwhile."""
    job = jobs.find(source.job_id)
    if job is not None:
        delete_answer(source, job.run, blobs)


def draw_newest(source: Source, blobs: BlobStore, jobs: JobStore) -> int:
    """Draws the current edits. Returns their revision, or OVERTAKEN. Raises TranscriptGone or
    RecordingErased."""
    found = find_edits(source, blobs)
    if found.current is None or found.is_drawn:
        return found.revision
    transcript = read_transcript(source, blobs)
    if transcript.job.run != found.base:
        return OVERTAKEN
    options = option_values(transcript.options)
    files = formats_of(transcript, options, found.current)
    version = AnswerVersion(source.generation, found.base, found.revision)
    is_beside_transcript = put_drawing(source, version, files, blobs, text_language(transcript))
    is_erased = jobs.is_erased(source.job_id)
    if is_erased:
        delete_answer(source, found.base, blobs)
        jobs.raise_if_erased(source.job_id)
    if not is_beside_transcript:
        return OVERTAKEN
    log.info("edits drawn", extra={"run": found.base, "revision": found.revision})
    return found.revision


def read_transcript(source: Source, blobs: BlobStore) -> Transcript:
    """Returns the transcript of the recording. Raises TranscriptGone."""
    try:
        content = blobs.read(f"{outbox_folder(source)}/{TRANSCRIPT.file_name}")
    except ArtifactMissing as error:
        raise TranscriptGone("it was deleted meanwhile") from error
    return Transcript.model_validate_json(content)


def restore_formats(source: Source, run: int, blobs: BlobStore) -> None:
    """Draws the formats of the transcript that is still the answer, where this run, or one before
    it, replaced formats and died before it wrote its own transcript."""
    standing = version_at(source, TRANSCRIPT.file_name, blobs)
    for name in DRAWN_NAMES:
        if version_at(source, name, blobs).unedited > standing:
            delete_object(source, run, name, blobs)
    transcript = read_transcript(source, blobs)
    edits = find_edits(source, blobs).current
    options = option_values(transcript.options)
    files = formats_of(transcript, options, edits)
    if all(version_at(source, name, blobs) != NO_ANSWER for name in files):
        return
    revision = edits.revision if edits else 0
    version = standing._replace(revision=revision)
    put_drawing(source, version, files, blobs, text_language(transcript))


def formats_of(
    transcript: Transcript, options: Options, edits: StoredEdits | None
) -> dict[str, bytes]:
    """Returns the formats that the transcript was wanted in, drawn with the edits, and the edits,
    by the names of their files."""
    formats = [name for name in FORMATS if name in options.formats]
    if edits is None:
        return draw_files(transcript, formats, options)
    return edited_files(transcript, formats, options, edits)
