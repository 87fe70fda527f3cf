"""A deployment on Google, found from the environment or from Terraform's outputs."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from local.layout import ROOT
from shared.settings import settings

TIMEOUT = 120
"""Seconds that Terraform may take to read its state."""


class Failed(Exception):
    """A check of a deployment failed. The message says why and what to do."""


class Deployment(BaseModel):
    """Terraform's outputs. None or empty where unknown or not deployed."""

    model_config = ConfigDict(frozen=True)

    inbox: str
    outbox: str
    work: str | None = None
    workflow: str | None = None
    """projects/P/locations/L/workflows/W."""
    api_url: str | None = None
    """Address of the HTTP API."""
    services: dict[str, str] = {}
    """URL of each function."""
    job_events_topic: str | None = None
    """projects/P/topics/T."""
    database: str | None = None
    """Firestore database of the jobs."""
    settings: dict[str, str] = {}
    """The functions' environment variables DROPSCRIBE_…, without secrets."""

    @property
    def project(self) -> str | None:
        if not self.workflow:
            return None
        return self.workflow.split("/")[1]

    @property
    def region(self) -> str | None:
        if not self.workflow:
            return None
        return self.workflow.split("/")[3]


def find_deployment(inbox: str | None = None, outbox: str | None = None) -> Deployment:
    """Returns the deployment with these buckets, that of the environment, or Terraform's.

    Raises Failed if none is found.
    """
    if inbox and outbox:
        return Deployment(inbox=inbox, outbox=outbox)
    if inbox or outbox:
        raise Failed("name both buckets, INBOX and OUTBOX, or neither")
    if {"DROPSCRIBE_INBOX", "DROPSCRIBE_OUTBOX"} <= os.environ.keys():
        buckets = settings().buckets
        return Deployment(
            inbox=buckets.inbox,
            outbox=buckets.outbox,
            work=buckets.work,
            workflow=settings().adapters.workflow,
            api_url=os.environ.get("DROPSCRIBE_URL"),
        )
    return from_terraform(ROOT / "terraform")


def from_terraform(folder: Path) -> Deployment:
    """Returns the deployment whose Terraform state is in this folder. Raises Failed."""
    if shutil.which("terraform") is None:
        raise Failed("terraform is not installed; without it, name the buckets: INBOX=… OUTBOX=…")
    command = ("terraform", f"-chdir={folder}", "output", "-json")
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    if done.returncode != 0:
        raise Failed(f"`terraform output` failed: {done.stderr.strip()}")
    return from_outputs(done.stdout)


def from_outputs(text: str) -> Deployment:
    """Returns the deployment that `terraform output -json` describes.

    The JSON is an object of name -> {value, type, sensitive}. Raises Failed if a name is missing.
    """
    outputs = json.loads(text)
    values = {name: output["value"] for name, output in outputs.items()}
    if not values:
        raise Failed(
            "nothing is deployed from terraform/ (it has no outputs): run `make deploy` first"
        )
    try:
        return Deployment.model_validate(values)
    except ValidationError as error:
        names = [str(each["loc"][0]) for each in error.errors()]
        missing = ", ".join(names)
        raise Failed(
            f"Terraform's outputs lack {missing}: the last apply did not finish; run `make deploy`"
        ) from error


def use(deployment: Deployment) -> None:
    """Points this process's settings and clients at the deployment."""
    os.environ.update(environment_of(deployment))
    settings.cache_clear()


def environment_of(deployment: Deployment) -> dict[str, str]:
    """Returns the variables that point the settings and clients of a process at the deployment."""
    values = {
        **deployment.settings,
        "DROPSCRIBE_INBOX": deployment.inbox,
        "DROPSCRIBE_OUTBOX": deployment.outbox,
        "DROPSCRIBE_WORK": deployment.work,
        "DROPSCRIBE_WORKFLOW": deployment.workflow,
        "DROPSCRIBE_FIRESTORE_DATABASE": deployment.database,
        "GOOGLE_CLOUD_PROJECT": deployment.project,
    }
    return {name: value for name, value in values.items() if value}
