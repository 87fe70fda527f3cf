"""Uploads a recording: a small one in one request, a large one in pieces, unless the client cannot
reach storage.

Pieces go to an address of Cloud Storage, by its resumable uploads. It says how much it has, so an
upload goes on where its connection broke.
"""

import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from mimetypes import guess_type
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx
from pydantic import JsonValue

from dropscribe.calls import API, job, read
from dropscribe.errors import SHOWN_CHARACTERS, ApiError, UploadFailed
from dropscribe.exchange import exchange, retry_after
from dropscribe.recording_file import RecordingFile, WatchedReader
from dropscribe.server import Call, Server, timeouts
from dropscribe.steps import Pause, Steps, send, work
from shared.model.api import JobView, UploadRequest, UploadSession
from shared.model.errors import StorageOutOfReach
from shared.model.option_texts import option_text

PIECE_BYTES = 8 * 2**20
"""Bytes of a piece. Cloud Storage wants multiples of 256 KiB."""
ANY_CONTENT_TYPE = "application/octet-stream"
MAX_BREAKS = 10
"""Failures in a row, without a byte received between them, after which an upload is given up."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 32.0
"""Seconds between two tries to go on."""
INCOMPLETE = 308
"""Status of Cloud Storage's response to a piece that is not the last."""
RECEIVED = re.compile(r"bytes=0-(\d+)")
MAY_PASS = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
"""Statuses of storage, beside those of a server's failure, that may be another one later."""
ANSWER_SECONDS = 120.0
"""Seconds in which storage must answer a piece."""
MAX_QUESTIONS = 30
QUESTION_PAUSE = 1.0
"""Seconds between two questions for the job of a complete upload."""
Progress = Callable[[int, int], None]
"""Is called with the bytes that were sent, and those of the whole recording."""


def ignore_progress(sent: int, size: int) -> None:
    """Shows nothing."""


@dataclass(frozen=True)
class Recording:
    """A recording to upload."""

    path: Path
    name: str
    """In the inbox, under the folder of the key."""
    options: Mapping[str, JsonValue] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    """The caller's own, which the job echoes."""
    replace: bool = False
    """Whether a recording of that name may be replaced."""
    idempotency_key: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Names the upload, so that one which is repeated makes no second job."""


def recording_to_upload(
    file: str | Path,
    name: str | None,
    options: Mapping[str, JsonValue] | None,
    metadata: Mapping[str, str] | None,
    replace: bool,
) -> Recording:
    """Returns a file as it is to be uploaded. Its name in the inbox is by default its own."""
    path = Path(file)
    return Recording(path, name or path.name, options or {}, metadata or {}, replace)


def upload(server: Server, recording: Recording, on_progress: Progress) -> Steps[JobView]:
    """Uploads a recording. Returns its job.

    Raises ApiError, FileChanged, UploadFailed or Unreachable.
    """
    file = yield from work(lambda: RecordingFile(recording.path))
    with file:
        if file.size <= server.form_bytes:
            small = yield from work(lambda: file.piece(0, file.size))
            return (yield from upload_form(server, recording, file, small, on_progress))
        try:
            return (yield from upload_pieces(server, recording, file, on_progress))
        except ApiError as error:
            if error.problem.type != StorageOutOfReach.name():
                raise
        content = WatchedReader(file)
        return (yield from upload_form(server, recording, file, content, on_progress))


# In one request


def upload_form(
    server: Server,
    recording: Recording,
    file: RecordingFile,
    content: bytes | BinaryIO,
    on_progress: Progress,
) -> Steps[JobView]:
    """Uploads a recording in one request. Returns its job."""
    fields = {option: option_text(value) for option, value in recording.options.items()}
    fields["name"] = recording.name
    fields["replace"] = json.dumps(recording.replace)
    fields["metadata"] = json.dumps(dict(recording.metadata))
    call = Call(
        "POST",
        f"{API}/jobs/upload",
        form=fields,
        file=(recording.path.name, content),
        headers={"Idempotency-Key": recording.idempotency_key},
        is_repeatable=True,
    )
    response = yield from exchange(server, call)
    on_progress(file.size, file.size)
    return read(JobView, response.content)


# In pieces


def upload_pieces(
    server: Server, recording: Recording, file: RecordingFile, on_progress: Progress
) -> Steps[JobView]:
    """Uploads a recording to storage in pieces. Returns its job."""
    response = yield from open_session(server, recording, file.size)
    if response.status_code == HTTPStatus.SEE_OTHER:
        job_id = job_in(response)  # the response to an earlier try was lost, and it was complete
    else:
        session = read(UploadSession, response.content)
        yield from send_pieces(session, file, on_progress)
        job_id = yield from find_job(server, session)
    return (yield from job(server, job_id, wait=0))


def open_session(server: Server, recording: Recording, size: int) -> Steps[httpx.Response]:
    """Returns the response with the address for the pieces, or with that of the job."""
    content_type, _ = guess_type(recording.path.name)
    request = UploadRequest(
        name=recording.name,
        size=size,
        content_type=content_type or ANY_CONTENT_TYPE,
        options=dict(recording.options),
        metadata=dict(recording.metadata),
        replace=recording.replace,
    )
    call = Call(
        "POST",
        f"{API}/uploads",
        json=request.model_dump(mode="json"),
        headers={"Idempotency-Key": recording.idempotency_key},
        is_repeatable=True,
    )
    return (yield from exchange(server, call))


def job_in(response: httpx.Response) -> str:
    """Returns the id of the job that a response leads to."""
    path = urlsplit(response.headers["Location"]).path
    return path.rpartition("/")[2]


def send_pieces(session: UploadSession, file: RecordingFile, on_progress: Progress) -> Steps[None]:
    """Sends a file until storage has all of it.

    After a failure, storage is asked how much it has. Raises UploadFailed if it refuses the upload,
    or if MAX_BREAKS failures follow each other without a byte received.
    """
    received: int | None = 0
    furthest = 0
    breaks = 0
    while True:
        make_request = partial(next_request, session, file, received)
        request = yield from work(make_request)
        outcome = yield from send_to_storage(request)
        if isinstance(outcome, httpx.Response) and outcome.is_success:
            on_progress(file.size, file.size)
            return
        received = bytes_received(outcome)
        if received is not None and received > furthest:
            furthest, breaks = received, 0
            on_progress(received, file.size)
        elif received is None or request.content:
            breaks += 1
            yield Pause(pause_after(breaks, outcome))


def next_request(
    session: UploadSession, file: RecordingFile, received: int | None
) -> httpx.Request:
    """Returns the request with the next piece, or, if `received` is None, the question how much
    storage has."""
    content = b""
    content_range = f"bytes */{file.size}"
    if received is not None:
        content = file.piece(received, PIECE_BYTES)
        last = received + len(content) - 1
        content_range = f"bytes {received}-{last}/{file.size}"
    return httpx.Request(
        session.method,
        session.upload_url,
        headers={**session.headers, "Content-Range": content_range},
        content=content,
        extensions=timeouts(ANSWER_SECONDS),
    )


def send_to_storage(request: httpx.Request) -> Steps[httpx.Response | httpx.TransportError]:
    """Returns the response, or why there is none."""
    try:
        return (yield from send(request))
    except httpx.TransportError as error:
        return error


def bytes_received(outcome: httpx.Response | httpx.TransportError) -> int | None:
    """Returns how many bytes storage has, from the first on; None if it did not say so.

    Raises UploadFailed if it will not take the recording.
    """
    if isinstance(outcome, httpx.TransportError):
        return None
    if outcome.status_code == INCOMPLETE:
        found = RECEIVED.fullmatch(outcome.headers.get("Range", ""))
        return int(found.group(1)) + 1 if found else 0
    if outcome.is_server_error or outcome.status_code in MAY_PASS:
        return None
    shown = outcome.text.strip()[:SHOWN_CHARACTERS]
    raise UploadFailed(f"storage answers {outcome.status_code}: {shown}")


def pause_after(breaks: int, outcome: httpx.Response | httpx.TransportError) -> float:
    """Returns how many seconds to wait after so many failures in a row. Raises UploadFailed if they
    are too many."""
    if breaks >= MAX_BREAKS:
        reason = describe_outcome(outcome)
        raise UploadFailed(f"storage does not take the recording: {reason}")
    asked = None if isinstance(outcome, httpx.TransportError) else retry_after(outcome)
    doubled = FIRST_PAUSE * 2 ** (breaks - 1)
    return min(LONGEST_PAUSE, asked if asked is not None else doubled)


def describe_outcome(outcome: httpx.Response | httpx.TransportError) -> str:
    if isinstance(outcome, httpx.TransportError):
        return str(outcome) or type(outcome).__name__
    return f"status {outcome.status_code}"


def find_job(server: Server, session: UploadSession) -> Steps[str]:
    """Returns the id of the job of a complete upload. Raises UploadFailed if there is none."""
    for _ in range(MAX_QUESTIONS):
        status = Call("GET", session.upload_status, is_repeatable=True)
        response = yield from exchange(server, status)
        if response.status_code == HTTPStatus.SEE_OTHER:
            return job_in(response)
        yield Pause(QUESTION_PAUSE)
    raise UploadFailed("storage has the recording, but the server knows no job of it")
