"""Transcribes a recording through the HTTP API of a deployment: upload, wait, read, erase."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from dropscribe import ApiError, Client, DropscribeError
from dropscribe.calls import ENDED
from local.deployment import Failed
from local.reported_wait import REPORT_SECONDS, Report, ReportedWait, silent
from shared.model.api import JobView

PAUSE_SECONDS = 1.0
"""Seconds between two looks at a job, where the server does not wait."""
FORM_BYTES = 0
"""Every recording is uploaded to an address of Cloud Storage, as large ones are."""


def smoke_api(
    url: str, key: str, file: Path, timeout: float, report: Report = silent
) -> Iterator[str]:
    """Yields what was uploaded, then its text, then how long it took. At the end the recording and
    its answer are erased.

    Reports each half minute what it waits for. The key needs the scopes read, write and erase.
    Raises Failed if there is no transcript.
    """
    began = time.monotonic()
    folder = uuid.uuid4().hex[:8]
    with translate_errors(url), Client(url, key, form_bytes=FORM_BYTES) as client:
        uploaded = client.upload(file, f"smoke/{folder}/{file.name}")
        yield f"uploaded {uploaded.name} through {url}"
        ended = wait_for_end(client, uploaded, timeout, report)
        raise_unless_done(ended)
        text = client.transcript(ended.id, "txt")
        seconds = time.monotonic() - began
        yield text.decode()
        client.erase(ended.id)
        raise_unless_gone(client, ended)
        yield f"answered by the API after {seconds:.0f} s, and erased"


def wait_for_end(client: Client, uploaded: JobView, timeout: float, report: Report) -> JobView:
    """Returns the job once it has ended. Raises Failed after the timeout."""
    advice = f"dropscribe status {uploaded.id} says what the job waits for. See docs/operations.md."
    wait = ReportedWait(f"the job {uploaded.id} to end", timeout, advice, report)
    while True:
        patience = min(REPORT_SECONDS, max(0.0, wait.left))
        job = client.job(uploaded.id, patience)
        if job.state in ENDED:
            return job
        if wait.left <= 0:
            raise Failed(f"the job is {job.state} after {timeout:.0f} s. {advice}")
        wait.report_if_due(f"the job is {job.state}")
        time.sleep(PAUSE_SECONDS)


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
