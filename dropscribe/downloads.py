"""Downloads a recording in pieces, so that a broken connection costs one piece at most."""

import re
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

import httpx

from dropscribe.errors import DropscribeError, FileChanged
from dropscribe.exchange import exchange
from dropscribe.server import Call, Server
from dropscribe.steps import Steps, work
from shared.model.api_paths import job_path

PIECE_BYTES = 8 * 2**20
CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
PARTIAL = 206


SoundFormat = Literal["original", "wav"]
"""The recording as it was uploaded, or the sound that was transcribed."""


def audio(server: Server, job_id: str, to: Path, format: SoundFormat) -> Steps[Path]:
    """Writes a job's recording to a file, which is there only if all of it was received.

    Raises OSError, or FileChanged if the recording was replaced meanwhile.
    """
    unfinished = to.with_name(f"{to.name}.part")
    file = yield from work(lambda: unfinished.open("wb"))
    try:
        with file:
            yield from copy_pieces(server, job_id, file, format)
        yield from work(lambda: unfinished.replace(to))
    finally:
        unfinished.unlink(missing_ok=True)
    return to


def copy_pieces(server: Server, job_id: str, file: BinaryIO, format: SoundFormat) -> Steps[None]:
    """Writes the pieces of a recording to an open file, one after the other."""
    received = 0
    version = None
    while True:
        response = yield from piece(server, job_id, received, format)
        etag = response.headers.get("ETag")
        if version not in (None, etag):
            raise FileChanged("the recording was replaced while it was downloaded")
        version = etag
        content = response.content
        yield from work(partial(file.write, content))
        received += len(content)
        if received >= total_size(response) or not content:
            return


def piece(server: Server, job_id: str, first: int, format: SoundFormat) -> Steps[httpx.Response]:
    """Returns the response with the piece that begins at `first`, or with the whole recording.
    Raises DropscribeError if the server sends something else."""
    last = first + PIECE_BYTES - 1
    headers = {"Range": f"bytes={first}-{last}"}
    path = f"{job_path(job_id)}/audio"
    params = {"format": format}
    call = Call("GET", path, params, headers=headers, is_repeatable=True)
    response = yield from exchange(server, call)
    if first and response.status_code != PARTIAL:
        raise DropscribeError("the server does not send pieces of the recording")
    return response


def total_size(response: httpx.Response) -> int:
    """Returns the bytes of the whole recording. A response with all of it has no Content-Range."""
    found = CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    return int(found.group(3)) if found else len(response.content)
