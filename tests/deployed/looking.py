"""What a check of a step gives, and how checks get at what they look at."""

import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from google.cloud.workflows import executions_v1

from local.deployment import Deployment, Failed
from local.layout import ROOT
from shared.adapters.workflows import client
from shared.settings import settings

TIMEOUT = 180.0
"""Seconds for one command, or for an execution that has little to do."""


@dataclass(frozen=True)
class Seen:
    """What was seen, in words, and whether it is what is expected."""

    what: str
    expected: bool


class CannotLook(Exception):
    """The check needs something that is not here; the message says what."""


def command(*words: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(words[0]) is None:
        raise CannotLook(f"{words[0]} is not installed")
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT)


def gcloud(*words: str) -> Any:
    """What `gcloud … --format=json` prints."""
    done = command("gcloud", *words, "--format=json", "--quiet")
    if done.returncode != 0:
        raise CannotLook(f"gcloud {' '.join(words[:3])}: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout)


def known(value: str | None, what: str) -> str:
    if not value:
        raise CannotLook(f"this deployment tells no {what}")
    return value


def on_google(deployment: Deployment) -> tuple[str, str]:
    """Its project and its region."""
    if settings().adapters.executions_host is not None:
        raise CannotLook("this deployment is not on Google")
    return known(deployment.project, "project"), known(deployment.region, "region")


def execute(deployment: Deployment, argument: str) -> executions_v1.Execution:
    """Start an execution of the workflow, and wait for its end."""
    workflows = client(settings().adapters.executions_host)
    asked = executions_v1.Execution(argument=argument)
    started = workflows.create_execution(
        parent=known(deployment.workflow, "workflow"), execution=asked
    )
    deadline = time.monotonic() + TIMEOUT
    while (now := workflows.get_execution(name=started.name)).state.name == "ACTIVE":
        if time.monotonic() > deadline:
            raise Failed(f"{started.name} is still active after {TIMEOUT:.0f} s")
        time.sleep(1)
    return now


def executions(deployment: Deployment, count: int = 50) -> list[executions_v1.Execution]:
    """The last ones, the newest first, with their arguments."""
    asked = executions_v1.ListExecutionsRequest(
        parent=known(deployment.workflow, "workflow"),
        page_size=count,
        view=executions_v1.ExecutionView.FULL,
    )
    return list(
        client(settings().adapters.executions_host).list_executions(request=asked).executions
    )


def execution_of(deployment: Deployment, name: str) -> executions_v1.Execution:
    """The one that an upload's event started."""
    for each in executions(deployment):
        if json.loads(each.argument or "{}").get("data", {}).get("name") == name:
            return each
    raise Failed(f"no execution has {name} in its argument")
