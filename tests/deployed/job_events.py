"""The step of docs/unproved.md about job events: a subscription of its own, an upload, a
message."""

import base64
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local import smoke
from local.deployment import Deployment
from tests.deployed.looking import TIMEOUT, Seen, gcloud, known, on_google
from tests.support.recordings import sample


def job_event_is_published(deployment: Deployment) -> Seen:
    project, _ = on_google(deployment)
    with subscription(known(deployment.job_events_topic, "topic of job events"), project) as name:
        source = smoke.upload(deployment, f"unproved/{uuid.uuid4().hex[:8]}/call.wav", sample())
        smoke.wait_for_transcript(deployment, source)
        told = message_of(source.job_id, name, project)
    return Seen(json.dumps(told) if told else "no message", bool(told) and told["state"] == "done")


@contextmanager
def subscription(topic: str, project: str) -> Iterator[str]:
    """One that is gone after the block."""
    name = f"unproved-{uuid.uuid4().hex[:8]}"
    gcloud("pubsub", "subscriptions", "create", name, f"--topic={topic}", f"--project={project}")
    try:
        yield name
    finally:
        gcloud("pubsub", "subscriptions", "delete", name, f"--project={project}")


def message_of(job_id: str, subscription: str, project: str) -> dict[str, Any]:
    """What was published about the job; empty when nothing came in time."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        pulled = gcloud(
            "pubsub",
            "subscriptions",
            "pull",
            subscription,
            "--auto-ack",
            "--limit=10",
            f"--project={project}",
        )
        for each in pulled:
            body = json.loads(base64.b64decode(each["message"]["data"]))
            told = body.get("data", body)  # the CloudEvent may be around it, or in the attributes
            if told.get("job_id") == job_id:
                return dict(told)
        time.sleep(2)
    return {}
