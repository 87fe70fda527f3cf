"""Transcribes a recording with a deployment, as its users would: upload, wait, read the answer."""

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import google.cloud.storage as storage
import requests
from google.api_core import exceptions as api
from google.auth import exceptions as auth
from google.cloud.storage.retry import DEFAULT_RETRY

from local.deployment import Deployment, Failed
from local.reported_wait import Report, ReportedWait, silent
from shared.model.contracts import Source
from shared.model.formats import COMMIT_MARKS, PROBLEM_FILE

TIMEOUT = 1800.0
"""Seconds to wait for an answer. The first one needs images pulled and models loaded."""
POLL_SECONDS = 2.0
"""Seconds between two looks at the outbox."""
CALL: dict[str, Any] = {"timeout": 60, "retry": DEFAULT_RETRY.with_timeout(90)}
"""Arguments of each call of Cloud Storage: seconds for one try, and for all tries together."""


def smoke(
    deployment: Deployment, file: Path, timeout: float, report: Report = silent
) -> Iterator[str]:
    """Yields the URI of the uploaded recording, then its text, then a summary.

    Reports each half minute what it waits for. Raises Failed if there is no transcript.
    """
    if not file.is_file():
        raise Failed(f"there is no file {file}")
    began = time.monotonic()
    folder = uuid.uuid4().hex[:8]
    name = f"smoke/{folder}/{file.name}"
    source = upload(deployment, name, file)
    yield f"uploaded {source.uri}"
    transcript = wait_for_transcript(deployment, source, timeout, report)
    seconds = time.monotonic() - began
    text = read(deployment, f"{source.name}/transcript.txt")
    yield text.decode()
    yield summary(transcript, seconds)


def client(deployment: Deployment) -> storage.Client:
    """Returns a client with this person's credentials, or without any for an emulator."""
    with translate_errors(deployment.inbox):
        # No call here needs a project, but the client refuses to be made without one.
        return storage.Client(project=deployment.project or "unused")


def upload(
    deployment: Deployment,
    name: str,
    file: Path,
    metadata: Mapping[str, str] | None = None,
    if_generation_match: int = 0,
) -> Source:
    """Uploads a file to the inbox.

    Raises Failed if the object has another generation; with 0, if there is an object.
    """
    inbox = client(deployment).bucket(deployment.inbox)
    blob = inbox.blob(name)
    blob.metadata = dict(metadata or {})
    with translate_errors(deployment.inbox):
        blob.upload_from_filename(str(file), if_generation_match=if_generation_match, **CALL)
    return Source(bucket=deployment.inbox, name=name, generation=blob.generation)


def wait_for_transcript(
    deployment: Deployment, source: Source, timeout: float = TIMEOUT, report: Report = silent
) -> dict[str, Any]:
    """Returns the transcript. Raises Failed if the answer is a problem, or after the timeout."""
    mark, content = wait_for_answer(deployment, source, timeout, report)
    if mark == PROBLEM_FILE:
        uri = f"gs://{deployment.outbox}/{source.name}/{mark}"
        reason = f"{content['title']} {content['detail']}"
        raise Failed(f"{reason} ({content['type']}; {uri})")
    return content


def wait_for_answer(
    deployment: Deployment, source: Source, timeout: float = TIMEOUT, report: Report = silent
) -> tuple[str, dict[str, Any]]:
    """Returns the name and content of transcript.json or problem.json.

    Raises Failed if neither is in the outbox after `timeout` seconds.
    """
    outbox = client(deployment).bucket(deployment.outbox)
    advice = where_to_look(deployment)
    marks = " or ".join(COMMIT_MARKS)
    awaited = f"{marks} in gs://{deployment.outbox}/{source.name}/"
    wait = ReportedWait(awaited, timeout, advice, report)
    while True:
        for mark in COMMIT_MARKS:
            content = read_mark(deployment, outbox, source, mark)
            if content is not None:
                return mark, content
        if wait.left <= 0:
            raise Failed(f"no answer within {timeout:.0f} s. {advice}")
        wait.report_if_due("there is no answer yet")
        time.sleep(POLL_SECONDS)


def read_mark(
    deployment: Deployment, outbox: storage.Bucket, source: Source, mark: str
) -> dict[str, Any] | None:
    """Returns the content of this answer, or None if it is not for this generation."""
    with translate_errors(deployment.outbox):
        blob = outbox.get_blob(f"{source.name}/{mark}", **CALL)
        if blob is None:
            return None
        metadata = blob.metadata or {}
        generation = metadata.get("dropscribe-generation")
        if generation != str(source.generation):
            return None
        content = blob.download_as_bytes(**CALL)
    fields = json.loads(content)
    return dict(fields)


def where_to_look(deployment: Deployment) -> str:
    """Returns what a person can do to find out why there is no answer."""
    if deployment.workflow is None:
        return "Is there an execution of the workflow? See docs/deploy.md."
    name = deployment.workflow.rpartition("/")[2]
    command = (
        f"gcloud workflows executions list {name} "
        f"--location={deployment.region} --project={deployment.project}"
    )
    return (
        f"Run `{command}`: without an execution, the event did not arrive; "
        "with an active one, a stage waits or does not start. See docs/deploy.md."
    )


def read(deployment: Deployment, name: str) -> bytes:
    """Returns the content of an object in the outbox."""
    outbox = client(deployment).bucket(deployment.outbox)
    with translate_errors(deployment.outbox):
        content = outbox.blob(name).download_as_bytes(**CALL)
    return bytes(content)


def summary(transcript: Mapping[str, Any], seconds: float) -> str:
    """Returns the duration, models, cost and formats of a transcript, one per line."""
    models = set()
    for engines in transcript["provenance"]["stages"].values():
        models |= {engine["model"] or engine["name"] for engine in engines}
    duration = transcript["media"]["duration"]
    language = transcript["language"]["code"]
    words = len(transcript["words"])
    speakers = len(transcript["speakers"])
    names = ", ".join(sorted(models))
    cost = transcript["cost"]
    price = f"{cost['total']:.4f} {cost['currency']}" if cost else "not known"
    lines = [
        f"{duration:.0f} s of sound, answered after {seconds:.0f} s, "
        f"language {language}, {words} words, {speakers} speakers",
        f"models: {names}",
        f"cost: {price}",
        *transcript["outputs"].values(),
    ]
    return "\n".join(lines)


@contextmanager
def translate_errors(bucket: str) -> Iterator[None]:
    """Raises Failed for errors of Google's client. The message says what to do."""
    try:
        yield
    except auth.GoogleAuthError as error:
        raise Failed(
            f"not signed in ({error}): run `gcloud auth application-default login`"
        ) from error
    except (api.Forbidden, api.Unauthorized) as error:
        raise Failed(
            f"no permission for gs://{bucket} ({int(error.code)}): "
            "roles/storage.objectCreator on the inbox and roles/storage.objectViewer on the "
            "outbox are needed"
        ) from error
    except api.NotFound as error:
        raise Failed(f"gs://{bucket}, or an object in it, does not exist") from error
    except (api.GoogleAPICallError, api.RetryError, requests.RequestException) as error:
        raise Failed(f"Cloud Storage does not respond for gs://{bucket}: {error}") from error
