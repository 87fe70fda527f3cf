"""Builds and pushes images on Google Cloud Build, and writes their digests for Terraform:
`python -m images.cloud_build REGISTRY FUNCTION…`.

Needs gcloud instead of a container engine, and no package outside the standard library. The config
of the build is written to `build/cloudbuild.json`. BUILD_OPTIONS and TORCH_INDEX mean the same as
for `make images`, and BUILD_ACCOUNT is the email address of the service account that builds.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from images.references import ROOT, TFVARS, write_down

CONFIG = ROOT / "build" / "cloudbuild.json"
DOCKER = "gcr.io/cloud-builders/docker"
"""Cloud Build's own image of docker. It is logged in to the project's registries."""
MACHINE = "E2_HIGHCPU_32"
"""32 vCPU and 32 GB of memory, since the images are built at once."""
TIMEOUT = "7200s"
SETTINGS = ("DOCKER_BUILDKIT=1", "BUILDX_NO_DEFAULT_ATTESTATIONS=1")
"""Variables of docker: without attestations a push is one version in the registry."""


def main() -> None:
    registry, *functions = sys.argv[1:]
    if shutil.which("gcloud") is None:
        sys.exit(
            "gcloud is missing, which starts the build: https://cloud.google.com/sdk/docs/install. "
            "Without BUILDER=cloudbuild, Docker or Podman builds the images on this machine."
        )
    options = build_options(os.environ)
    config = build_config(registry, functions, options)
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text(json.dumps(config, indent=2) + "\n")
    built = run(submit_command(registry, CONFIG, os.environ.get("BUILD_ACCOUNT")))
    write_down(references(built, registry, functions), TFVARS)


def build_options(environment: Mapping[str, str]) -> list[str]:
    """Returns the options of each build. Exits if BUILD_OPTIONS has another than --build-arg: it
    could name a file or a network of this machine, which Cloud Build does not have."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--build-arg", action="append", default=[])
    words = shlex.split(environment.get("BUILD_OPTIONS", ""))
    known, others = parser.parse_known_args(words)
    if others:
        sys.exit(f"Cloud Build takes --build-arg only; BUILD_OPTIONS has {shlex.join(others)}")
    values: list[str] = known.build_arg
    if "TORCH_INDEX" in environment:
        values.append(f"TORCH_INDEX={environment['TORCH_INDEX']}")
    options = []
    for value in values:
        options += ["--build-arg", value]
    return options


def build_config(registry: str, functions: Sequence[str], options: Sequence[str]) -> dict[str, Any]:
    """Returns the config of a build of these functions' images, which Cloud Build also pushes."""
    revision = f"org.opencontainers.image.revision={current_revision()}"
    options = [*options, "--label", revision]
    return {
        "steps": [build_step(function, registry, options) for function in functions],
        "images": [f"{registry}/{function}" for function in functions],
        "options": {"machineType": MACHINE, "logging": "CLOUD_LOGGING_ONLY"},
        "timeout": TIMEOUT,
        "tags": ["dropscribe"],
    }


def build_step(function: str, registry: str, options: Sequence[str]) -> dict[str, Any]:
    """Returns the step that builds a function's image.

    The image brings the cache for the next build. All steps start at once: they have one docker,
    which runs what their images share a single time.
    """
    image = f"{registry}/{function}"
    arguments = ["build", "--target", function, "--tag", image, "--cache-from", image]
    arguments += ["--build-arg", "BUILDKIT_INLINE_CACHE=1", *options, "."]
    return {
        "id": function,
        "name": DOCKER,
        "args": [without_substitutions(argument) for argument in arguments],
        "env": list(SETTINGS),
        "waitFor": ["-"],
    }


def without_substitutions(argument: str) -> str:
    """Returns what Cloud Build makes this argument of: it replaces $NAME, and $$ by $."""
    return argument.replace("$", "$$")


def current_revision() -> str:
    """Returns the commit of the sources, with the ending -dirty if they were changed since."""
    command = ("git", "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty")
    return run(command).strip()


def submit_command(registry: str, config: Path, account: str | None) -> list[str]:
    """Returns the command that builds in the registry's project, waits, and prints what was
    pushed as JSON."""
    _, project, *_ = registry.split("/")
    command = ["gcloud", "builds", "submit", str(ROOT)]
    command += [f"--project={project}", f"--config={config}"]
    command += ["--suppress-logs", "--format=json(results.images)"]
    if account:
        command.append(f"--service-account=projects/{project}/serviceAccounts/{account}")
    return command


def run(command: Sequence[str]) -> str:
    """Returns the output of a command in the repository. Exits if it fails."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command[:3])} failed")
    return done.stdout


def references(built: str, registry: str, functions: Sequence[str]) -> dict[str, str]:
    """Returns each function's image by digest, from the JSON of a finished build."""
    digests = {}
    for image in json.loads(built)["results"]["images"]:
        name = image["name"].removesuffix(":latest")
        digests[name] = image["digest"]
    found = {}
    for function in functions:
        image = f"{registry}/{function}"
        found[function] = f"{image}@{digests[image]}"
    return found


if __name__ == "__main__":
    main()
