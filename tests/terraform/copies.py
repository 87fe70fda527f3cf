"""Terraform at work in copies of the topology, so that a test leaves nothing behind in the
repository."""

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.terraform.plan import Plan

ROOT = Path(__file__).parents[2]
READ = ("terraform", "workflows", "docs/rights.yaml", "shared/generated")
"""What terraform reads."""
LEFT = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars", "*.tfvars.json")
"""A user's own, beside what is in the repository."""
TIMEOUT = 300
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/main.py"))
PROJECT, REGION = "acme-speech", "europe-west4"
GIVEN: dict[str, Any] = {
    "project_id": PROJECT,
    "region": REGION,
    "images": {
        name: f"{REGION}-docker.pkg.dev/{PROJECT}/dropscribe/{name}@sha256:{number:064x}"
        for number, name in enumerate(FUNCTIONS)
    },
}
"""The least that has to be said."""


class Refused(Exception):
    """What terraform said when it would not."""


@dataclass(frozen=True)
class Copy:
    """A folder that holds what terraform reads, and the environment that finds the provider."""

    folder: Path
    environment: dict[str, str]

    def terraform(
        self, command: str, *arguments: str, module: str = "terraform", asked: str = ""
    ) -> str:
        """What it printed. Raises Refused."""
        done = subprocess.run(
            ["terraform", f"-chdir={self.folder / module}", command, *arguments],
            env=self.environment, input=asked, capture_output=True, text=True, timeout=TIMEOUT,
        )  # fmt: skip
        if done.returncode != 0:
            raise Refused(done.stdout + done.stderr)
        return done.stdout

    def init(self, module: str = "terraform") -> None:
        self.terraform("init", "-input=false", "-no-color", module=module)

    def plan(self, *, module: str = "terraform", **given: Any) -> Plan:
        """What it would make, given the least and these variables."""
        (self.folder / "given.json").write_text(json.dumps({**GIVEN, **given}))
        files = (f"-var-file={self.folder / 'given.json'}", f"-out={self.folder / 'plan'}")
        self.terraform("plan", "-input=false", "-no-color", *files, module=module)
        document = json.loads(
            self.terraform("show", "-json", str(self.folder / "plan"), module=module)
        )
        return Plan(document, yaml.safe_load((self.folder / "docs" / "rights.yaml").read_text()))

    def deploy_an_older_one(self, **given: Any) -> None:
        """Apply it with other images and another workflow than it has."""
        workflow = self.folder / "workflows" / "transcription.yaml"
        now = workflow.read_text()
        workflow.write_text(f"# An older one.\n{now}")
        images = {name: image[:-1] + "f" for name, image in GIVEN["images"].items()}
        self.plan(**given, images=images)
        self.terraform("apply", "-no-color", str(self.folder / "plan"))
        workflow.write_text(now)

    def console(self, expression: str) -> str:
        """The value of an expression."""
        given = [f"-var={name}={GIVEN[name]}" for name in ("project_id", "region")]
        return self.terraform("console", *given, asked=expression)

    def to(self, folder: Path) -> "Copy":
        """Another one, initialised like this one."""
        shutil.copytree(self.folder, folder)
        return Copy(folder, self.environment)


def copied(folder: Path, environment: dict[str, str]) -> Copy:
    """The repository's, as it stands."""
    for name in READ:
        source, target = ROOT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=LEFT)
        else:
            shutil.copy(source, target)
    return Copy(folder, environment)


def clean_environment() -> dict[str, str]:
    """Without whatever terraform would read of its user's own, and without a word to its makers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return {**kept, "CHECKPOINT_DISABLE": "1"}
