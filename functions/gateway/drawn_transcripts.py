"""Draws transcripts in any format, with the edits in force and with other options of captions.

What the outbox has already as it is asked for is read from there.
"""

import hashlib
import json
from typing import NamedTuple

from pydantic import ConfigDict, Field, ValidationError, model_validator

from functions.gateway.stored_transcripts import parse_transcript, stored_format, transcript_of
from shared import __version__
from shared.formats.corrections import correct
from shared.formats.writers import draw_format
from shared.jobs.edit_store import find_edits, revision_in, revision_of, run_of
from shared.jobs.job import Job
from shared.model.caption_options import CaptionOptions
from shared.model.edits import StoredEdits
from shared.model.errors import BadOption, NotFound
from shared.model.formats import FORMATS, TRANSCRIPT, Format
from shared.model.options import option_values
from shared.model.transcript import Transcript
from shared.ports.blobs import Blob, BlobStore

AS_HEARD = "json"
"""Name of the format that is the transcript itself, which no edits change."""
ALL_FORMATS: dict[str, Format] = {AS_HEARD: TRANSCRIPT, **FORMATS}
"""Formats by their names in addresses."""
DIGEST_LENGTH = 16
"""Hexadecimal digits in an ETag that tell parameters and versions apart."""


class TranscriptQuery(CaptionOptions):
    """What is asked for of a transcript. Options of captions that are not given are those of the
    job."""

    model_config = ConfigDict(extra="forbid")

    format: str = Field(default=AS_HEARD, json_schema_extra={"enum": list(ALL_FORMATS)})
    original: bool = False
    """Without edits."""

    @model_validator(mode="after")
    def seconds_agree(self) -> "TranscriptQuery":
        """Returns the query: whether its options go together depends on those of the job."""
        return self

    @property
    def captions(self) -> dict[str, object]:
        """Returns the options of captions that were given, by their names."""
        captions = {}
        for name in CaptionOptions.model_fields:
            if name in self.model_fields_set:
                captions[name] = getattr(self, name)
        return captions


class FoundTranscript(NamedTuple):
    """From what a transcript is answered."""

    blob: Blob
    """transcript.json; or the very file that is asked for, if `is_stored`."""
    is_stored: bool
    edits: StoredEdits | None

    def etag(self, query: TranscriptQuery) -> str:
        """Returns the ETag of a transcript that is drawn."""
        parameters = [query.format, query.captions, __version__]
        content = json.dumps(parameters).encode()
        digest = hashlib.sha256(content).hexdigest()
        short_digest = digest[:DIGEST_LENGTH]
        generation = self.blob.generation
        revision = revision_in(self.edits)
        return f'"{generation}-{revision}-{short_digest}"'


def find_transcript(job: Job, query: TranscriptQuery, blobs: BlobStore) -> FoundTranscript:
    """Returns from what a transcript is answered. Raises NotFound, NotDone or TranscriptGone."""
    if query.format not in ALL_FORMATS:
        names = ", ".join(ALL_FORMATS)
        raise NotFound(f"There is no such format. There are {names}.")
    transcript = transcript_of(job, blobs)
    if query.format == AS_HEARD:
        return FoundTranscript(transcript, True, None)
    edits = None
    if not query.original:
        edits = find_edits(job.source, blobs).current
    stored = None
    if not query.captions:
        stored = stored_format(job, query.format, blobs)
    if stored is not None and is_current(stored, transcript, edits):
        return FoundTranscript(stored, True, edits)
    return FoundTranscript(transcript, False, edits)


def is_current(stored: Blob, transcript: Blob, edits: StoredEdits | None) -> bool:
    """Returns whether a file of the answer was drawn from this transcript with these edits."""
    is_of_run = run_of(stored) == run_of(transcript)
    return is_of_run and revision_of(stored) == revision_in(edits)


def draw(found: FoundTranscript, query: TranscriptQuery, blobs: BlobStore) -> bytes:
    """Returns the transcript as it is asked for. Raises TranscriptGone."""
    transcript = parse_transcript(found.blob, blobs)
    captions = captions_of(transcript, query)
    if found.edits is not None:
        transcript = correct(transcript, found.edits)
    return draw_format(query.format, transcript, captions)


def captions_of(transcript: Transcript, query: TranscriptQuery) -> CaptionOptions:
    """Returns the options of captions: those of the job, with those of the request over them.

    Raises BadOption if they do not go together.
    """
    try:
        of_job = option_values(transcript.options)
    except BadOption:
        of_job = option_values({})  # those of a later version, which has other options
    values = {}
    for name in CaptionOptions.model_fields:
        values[name] = getattr(of_job, name)
    values |= query.captions
    try:
        return CaptionOptions.model_validate(values)
    except ValidationError as error:
        reasons = [found["msg"] for found in error.errors()]
        raise BadOption("; ".join(reasons)) from error
