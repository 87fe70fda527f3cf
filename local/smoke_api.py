"""Transcribes a recording through the HTTP API of a deployment: upload, wait, read, erase."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from dropscribe import ApiError, Client, DropscribeError
from local.deployment import Failed
from shared.model.api import JobView

FORM_BYTES = 0
"""Every recording is uploaded to an address of Cloud Storage, as large ones are."""


def smoke_api(url: str, key: str, file: Path, timeout: float) -> Iterator[str]:
    """Yields what was uploaded, then its text, then how long it took. At the end the recording and
    its answer are erased.

    The key needs the scopes read, write and erase. Raises Failed if there is no transcript.
    """
    began = time.monotonic()
    folder = uuid.uuid4().hex[:8]
    with translate_errors(url), Client(url, key, form_bytes=FORM_BYTES) as client:
        uploaded = client.upload(file, f"smoke/{folder}/{file.name}")
        yield f"uploaded {uploaded.name} through {url}"
        ended = client.wait_for(uploaded.id, timeout)
        raise_unless_done(ended)
        text = client.transcript(ended.id, "txt")
        seconds = time.monotonic() - began
        yield text.decode()
        client.erase(ended.id)
        raise_unless_gone(client, ended)
        yield f"answered by the API after {seconds:.0f} s, and erased"


def raise_unless_done(job: JobView) -> None:
    if job.state == "done":
        return
    reason = "no reason is known" if job.problem is None else job.problem.summary
    raise Failed(f"the job of {job.name} is {job.state}: {reason}")


def raise_unless_gone(client: Client, job: JobView) -> None:
    """Raises Failed if the API still shows an erased job's answer."""
    try:
        client.transcript(job.id, "txt")
    except ApiError as error:
        if error.status == HTTPStatus.GONE:
            return
        raise
    raise Failed(f"{job.name} was erased, and its transcript is still there")


@contextmanager
def translate_errors(url: str) -> Iterator[None]:
    """Raises Failed for errors of the client."""
    try:
        yield
    except (DropscribeError, OSError) as error:
        raise Failed(f"the API at {url}: {error}") from error
