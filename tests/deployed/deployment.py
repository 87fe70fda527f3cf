"""Which deployment is meant: what the environment names, or else what Terraform tells."""

import json
import os
import shutil
import subprocess
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.settings import settings

ROOT = Path(__file__).parents[2]
TIMEOUT = 120
"""Seconds Terraform may take to read its state."""


class Failed(Exception):
    """It did not go as it should; the message says why and what to do."""


class Deployment(BaseModel):
    """Terraform's outputs. What is None or empty is not known, or not there."""

    model_config = ConfigDict(frozen=True)

    inbox: str
    outbox: str
    work: str | None = None
    workflow: str | None = None
    """projects/P/locations/L/workflows/W."""
    services: dict[str, str] = {}
    """Function -> URL."""
    job_events_topic: str | None = None
    """projects/P/topics/T."""
    database: str | None = None
    """Firestore's, of the jobs."""

    @property
    def project(self) -> str | None:
        return self.workflow.split("/")[1] if self.workflow else None

    @property
    def region(self) -> str | None:
        return self.workflow.split("/")[3] if self.workflow else None


def find(inbox: str | None = None, outbox: str | None = None) -> Deployment:
    """The buckets named, or those of DROPSCRIBE_INBOX and DROPSCRIBE_OUTBOX, or the deployment in
    terraform/."""
    if inbox and outbox:
        return Deployment(inbox=inbox, outbox=outbox)
    if inbox or outbox:
        raise Failed("name both buckets, INBOX and OUTBOX, or neither")
    if {"DROPSCRIBE_INBOX", "DROPSCRIBE_OUTBOX"} <= os.environ.keys():
        named = settings()
        return Deployment(
            inbox=named.inbox, outbox=named.outbox, work=named.work, workflow=named.workflow
        )
    return from_terraform(ROOT / "terraform")


def from_terraform(folder: Path) -> Deployment:
    if shutil.which("terraform") is None:
        raise Failed("terraform is not installed; without it, name the buckets: INBOX=… OUTBOX=…")
    told = subprocess.run(
        ("terraform", f"-chdir={folder}", "output", "-json"),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    if told.returncode != 0:
        raise Failed(f"`terraform output` failed: {told.stderr.strip()}")
    return from_outputs(told.stdout)


def from_outputs(told: str) -> Deployment:
    """From `terraform output -json`: name -> {value, type, sensitive}."""
    values = {name: output["value"] for name, output in json.loads(told).items()}
    if not values:
        raise Failed(
            "nothing is deployed from terraform/ (it has no outputs): run `make deploy` first"
        )
    try:
        return Deployment.model_validate(values)
    except ValidationError as error:
        missing = ", ".join(str(each["loc"][0]) for each in error.errors())
        raise Failed(
            f"Terraform's outputs lack {missing}: the last apply did not finish; run `make deploy`"
        ) from error


def use(deployment: Deployment) -> None:
    """Have the clients of shared/ speak to it, in this process. To be called before they read their
    settings."""
    named = {
        "DROPSCRIBE_INBOX": deployment.inbox,
        "DROPSCRIBE_OUTBOX": deployment.outbox,
        "DROPSCRIBE_WORK": deployment.work,
        "DROPSCRIBE_WORKFLOW": deployment.workflow,
        "DROPSCRIBE_FIRESTORE_DATABASE": deployment.database,
        "GOOGLE_CLOUD_PROJECT": deployment.project,
    }
    os.environ |= {name: value for name, value in named.items() if value}
    settings.cache_clear()
