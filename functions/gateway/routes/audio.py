"""The route of recordings, whole or in ranges, as players ask for them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, Literal

from fastapi import APIRouter, Query, Request, Response

from functions.gateway.access import Reader
from functions.gateway.byte_ranges import ByteRange, requested_range
from functions.gateway.deployment import Deployment, InDeployment
from functions.gateway.downloads import (
    body,
    common_headers,
    download_headers,
    head,
    is_known,
    not_modified,
    source_of,
)
from functions.gateway.file_names import (
    ANY_TYPE,
    TYPES,
    base_name,
    content_disposition,
    recording_type,
    with_ending,
)
from functions.gateway.job_access import standing_job
from functions.gateway.openapi import problems
from functions.gateway.problems import problem_response
from functions.gateway.routes.jobs import JobId
from functions.gateway.work_audio import find_work_audio
from shared.jobs.job import Job
from shared.model.errors import (
    ArtifactMissing,
    AudioDeleted,
    ContentUnreadable,
    NotFound,
    RangeOutside,
    RecordingErased,
    RecordingGone,
    WorkAudioGone,
)
from shared.ports.blobs import Blob, BlobStore

router = APIRouter(tags=["jobs"], prefix="/api/v1/jobs")

CONTENT: dict[str, Any] = {content_type: {} for content_type in sorted({*TYPES.values(), ANY_TYPE})}
DECLARED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The recording.", "content": CONTENT},
    206: {"description": "A range of the recording.", "content": CONTENT},
    304: {"description": "The client has it: its ETag is in If-None-Match."},
    **problems(
        NotFound,
        RecordingErased,
        AudioDeleted,
        RecordingGone,
        WorkAudioGone,
        ContentUnreadable,
        RangeOutside,
    ),
}
GONE = "It was deleted, or replaced by a newer recording of the same name."


SoundFormat = Literal["original", "wav"]
"""The recording as it was uploaded, or the work audio that was made of it."""
SoundFormatParameter = Annotated[
    SoundFormat,
    Query(
        description="`original`: the recording as it is. `wav`: the sound that was transcribed, at "
        "16 kHz, which every browser plays; it is kept for some days only."
    ),
]


@dataclass(frozen=True)
class Sound:
    """What is served of a job's sound."""

    size: int
    """In bytes."""
    headers: dict[str, str]
    """Of all responses with it, and of those that spare it."""
    content_type: str
    open: Callable[[], BinaryIO]
    """Returns it as a file. Raises RecordingGone."""

    @property
    def tag(self) -> str:
        return self.headers["ETag"]


@router.head(
    "/{job_id}/audio",
    response_class=Response,
    responses=DECLARED,
    operation_id="read_audio_headers",
)
@router.get("/{job_id}/audio", response_class=Response, responses=DECLARED)
def read_audio(
    job_id: JobId,
    request: Request,
    caller: Reader,
    stores: InDeployment,
    format: SoundFormatParameter = "original",
) -> Response:
    """Read the recording, or a range of it; or the same as a WAV file.

    Of several ranges, and of one that is not understood, the answer is the whole recording.
    """
    job = standing_job(job_id, caller, stores.jobs)
    blob = recording_of(job, stores.blobs)
    sound = original_sound(job, blob, stores) if format == "original" else work_sound(job, stores)
    headers = {**sound.headers, "Accept-Ranges": "bytes"}
    if is_known(request, sound.tag):
        return not_modified(headers)
    if request.method == "HEAD":
        return head(headers, sound.content_type, sound.size)
    try:
        part = range_of(request, sound)
    except RangeOutside as error:
        return outside(request, error, sound)
    file = sound.open()
    if part is None:
        whole = ByteRange(0, sound.size - 1)
        return body(file, whole, headers, sound.content_type, 200)
    headers["Content-Range"] = f"bytes {part.first}-{part.last}/{sound.size}"
    return body(file, part, headers, sound.content_type, 206)


def original_sound(job: Job, blob: Blob, stores: Deployment) -> Sound:
    """Returns the recording as it was uploaded."""
    disposition = content_disposition("inline", base_name(job.source.name))
    headers = common_headers(blob, disposition)
    content_type = recording_type(job.source.name)
    return Sound(blob.size, headers, content_type, lambda: open_recording(blob, stores.blobs))


def work_sound(job: Job, stores: Deployment) -> Sound:
    """Returns the work audio as one WAV file. Raises NotFound or WorkAudioGone."""
    audio = find_work_audio(job, stores)
    file_name = with_ending(base_name(job.source.name), ".wav")
    headers = download_headers(audio.tag, content_disposition("inline", file_name))
    return Sound(audio.size, headers, TYPES["wav"], lambda: audio.open(stores.blobs))


def recording_of(job: Job, blobs: BlobStore) -> Blob:
    """Returns the job's generation of its recording. Raises AudioDeleted or RecordingGone."""
    if job.audio_deletion is not None:
        raise AudioDeleted("The transcript stays.")
    blob = blobs.find(job.source.uri)
    if blob is None or blob.generation != job.source.generation:
        raise RecordingGone(GONE)
    return blob


def open_recording(blob: Blob, blobs: BlobStore) -> BinaryIO:
    """Returns the recording as a file. Raises RecordingGone."""
    try:
        return blobs.open(source_of(blob))
    except ArtifactMissing as error:
        raise RecordingGone(GONE) from error


def range_of(request: Request, sound: Sound) -> ByteRange | None:
    """Returns the range that is asked for, or None for all of it, as after If-Range with the ETag
    of another recording. Raises RangeOutside."""
    expected = request.headers.get("If-Range")
    if expected not in (None, sound.tag):
        return None
    return requested_range(request.headers.get("Range", ""), sound.size)


def outside(request: Request, error: RangeOutside, sound: Sound) -> Response:
    """Returns the answer that says how large the recording is."""
    problem = error.problem(None, "gateway")
    return problem_response(request, problem, {"Content-Range": f"bytes */{sound.size}"})
