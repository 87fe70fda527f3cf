"""Recognises requests that OpenAI's clients send again by themselves, because their time was up or
the connection broke, so that they wait for the job of the first request."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

from fastapi import Request

from functions.gateway.access import Caller
from functions.gateway.openai_errors import COUNT_HEADER
from functions.gateway.openai_request import AskedTranscription
from functions.gateway.recording_form import RecordingForm
from functions.gateway.uploading import digest_of
from shared.jobs.job import Job
from shared.jobs.store import JobStore

WINDOW = timedelta(days=1)
"""Age at most of the job of a request that is sent again."""
FOLDER_DIGITS = 16


def counts_retries(request: Request) -> bool:
    return COUNT_HEADER in request.headers


def is_retry(request: Request) -> bool:
    """Returns whether the client's count of its retries is a number that is not zero."""
    count = request.headers.get(COUNT_HEADER, "")
    return count.isdecimal() and count.strip("0") != ""


def folder_of_equal_requests(form: RecordingForm, asked: AskedTranscription, caller: Caller) -> str:
    """Returns the name of a folder for the recordings of requests with this file and these fields,
    which differs for each key."""
    identity = {
        "key": caller.key_id,
        "file": digest_of(form.file),
        "name": form.file_name,
        "options": asked.options,
        "fields": asked.further_fields,
    }
    text = json.dumps(identity, sort_keys=True)
    digest = hashlib.sha256(text.encode(errors="replace"))
    return digest.hexdigest()[:FOLDER_DIGITS]


def newest_job(folder: str, caller: Caller, jobs: JobStore) -> Job | None:
    """Returns the newest job of a recording in a folder under the caller's, or None if it is erased
    or too old to be that of a request which is sent again."""
    now = datetime.fromtimestamp(jobs.clock(), UTC)
    found, _ = jobs.list_page(
        caller.folder,
        name_prefix=f"{caller.folder}{folder}/",
        created_after=now - WINDOW,
        limit=1,
    )
    return found[0] if found else None
