"""Send a recording through a deployment as its users would: upload it, wait, read the answer.

`make smoke`, or `python -m tests.deployed.smoke`. Without a transcript it exits with 1 and says
why.
"""

import argparse
import json
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import google.cloud.storage as storage
import requests
from google.api_core import exceptions as refused
from google.auth import exceptions as unknown
from google.cloud.storage.retry import DEFAULT_RETRY

from shared.model.contracts import Source
from tests.deployed.deployment import Deployment, Failed, find
from tests.support.recordings import sample

SECONDS = 1800.0
"""For an answer. The first one waits until every image has been pulled and its models are
loaded."""
LOOK = 2.0
"""Seconds between two looks into the outbox."""
CALL: dict[str, Any] = {"timeout": 60, "retry": DEFAULT_RETRY.with_timeout(90)}


def main() -> None:
    asked = arguments()
    try:
        run(find(asked.inbox, asked.outbox), asked.file or sample(), asked.seconds)
    except Failed as error:
        sys.exit(f"smoke: {error}")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="smoke", description="Send a recording through a deployment."
    )
    parser.add_argument(
        "file", nargs="?", type=Path, help="a recording; default: 30 s of a packaged phone call"
    )
    parser.add_argument("--inbox", help="bucket; default: DROPSCRIBE_INBOX, or Terraform's output")
    parser.add_argument(
        "--outbox", help="bucket; default: DROPSCRIBE_OUTBOX, or Terraform's output"
    )
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="how long to wait; default: %(default)s"
    )
    return parser.parse_args()


def run(deployment: Deployment, file: Path, seconds: float) -> None:
    if not file.is_file():
        raise Failed(f"there is no file {file}")
    began = time.monotonic()
    source = upload(deployment, f"smoke/{uuid.uuid4().hex[:8]}/{file.name}", file)
    print(f"uploaded {source.uri}", file=sys.stderr, flush=True)
    transcript = answer(deployment, source, seconds)
    print(read(deployment, f"{source.name}/transcript.txt").decode())
    print(summary(transcript, time.monotonic() - began))


def client(deployment: Deployment) -> storage.Client:
    """With the credentials of whoever runs this; without any where STORAGE_EMULATOR_HOST is set."""
    with explained(deployment.inbox):
        return storage.Client(
            project=deployment.project or "unused"
        )  # no call here is made in a project's name


def upload(
    deployment: Deployment,
    name: str,
    file: Path,
    metadata: Mapping[str, str] | None = None,
    over: int = 0,
) -> Source:
    """Put it into the inbox over generation `over` (0: nothing may be there)."""
    blob = client(deployment).bucket(deployment.inbox).blob(name)
    blob.metadata = dict(metadata or {})
    with explained(deployment.inbox):
        blob.upload_from_filename(str(file), if_generation_match=over, **CALL)
    return Source(bucket=deployment.inbox, name=name, generation=blob.generation)


def answer(deployment: Deployment, source: Source, seconds: float = SECONDS) -> dict[str, Any]:
    """Wait for the transcript; raise Failed with the problem when there is one."""
    name, content = ended(deployment, source, seconds)
    if name == "problem.json":
        raise Failed(
            f"{content['title']} {content['detail']} ({content['type']}; gs://{deployment.outbox}/{source.name}/{name})"
        )
    return content


def ended(
    deployment: Deployment, source: Source, seconds: float = SECONDS
) -> tuple[str, dict[str, Any]]:
    """Wait for the mark that finalize writes last, transcript.json or problem.json: its name and
    content."""
    outbox = client(deployment).bucket(deployment.outbox)
    deadline = time.monotonic() + seconds
    while True:
        for mark in ("transcript.json", "problem.json"):
            with explained(deployment.outbox):
                found = outbox.get_blob(f"{source.name}/{mark}", **CALL)
                if found and (found.metadata or {}).get("dropscribe-generation") == str(
                    source.generation
                ):
                    return mark, json.loads(found.download_as_bytes(**CALL))
        if time.monotonic() > deadline:
            raise Failed(f"no answer within {seconds:.0f} s. {where_to_look(deployment)}")
        time.sleep(LOOK)


def where_to_look(deployment: Deployment) -> str:
    if deployment.workflow is None:
        return "Is there an execution of the workflow? docs/deploy.md says what to look at."
    name = deployment.workflow.rpartition("/")[2]
    return (
        f"See `gcloud workflows executions list {name} --location={deployment.region} --project={deployment.project}`: "
        "no execution means that the event did not come, a running one that a stage waits or does not start. "
        "docs/deploy.md says what to do."
    )


def read(deployment: Deployment, name: str) -> bytes:
    blob = client(deployment).bucket(deployment.outbox).blob(name)
    with explained(deployment.outbox):
        return bytes(blob.download_as_bytes(**CALL))


def summary(transcript: Mapping[str, Any], seconds: float) -> str:
    models = {
        engine["model"] or engine["name"]
        for used in transcript["provenance"]["stages"].values()
        for engine in used
    }
    cost = transcript["cost"]
    return "\n".join(
        [
            f"{transcript['media']['duration']:.0f} s of sound, answered after {seconds:.0f} s, "
            f"language {transcript['language']['code']}, {len(transcript['words'])} words, "
            f"{len(transcript['speakers'])} speakers",
            f"models: {', '.join(sorted(models))}",
            f"cost: {cost['total']:.4f} {cost['currency']}" if cost else "cost: not known",
            *transcript["outputs"].values(),
        ]
    )


@contextmanager
def explained(bucket: str) -> Iterator[None]:
    """What Google's client raises, as what a person can do about it."""
    try:
        yield
    except unknown.GoogleAuthError as error:
        raise Failed(
            f"nobody is signed in ({error}): run `gcloud auth application-default login`"
        ) from error
    except (refused.Forbidden, refused.Unauthorized) as error:
        raise Failed(
            f"no permission for gs://{bucket} ({int(error.code)}): whoever runs this needs "
            "roles/storage.objectCreator on the inbox and roles/storage.objectViewer on the outbox"
        ) from error
    except refused.NotFound as error:
        raise Failed(f"gs://{bucket}, or what was asked for in it, is not there") from error
    except (refused.GoogleAPICallError, refused.RetryError, requests.RequestException) as error:
        raise Failed(f"Cloud Storage does not answer for gs://{bucket}: {error}") from error


if __name__ == "__main__":
    main()
