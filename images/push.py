"""Pushes images by docker, podman or buildah, and writes their digests for Terraform:
`python -m images.push REGISTRY FUNCTION…`.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from images.references import TFVARS, write_down
from local.container import engine


def main() -> None:
    registry, *functions = sys.argv[1:]
    references = {}
    for function in functions:
        references[function] = pushed(function, registry)
    write_down(references, TFVARS)


def pushed(function: str, registry: str) -> str:
    """Pushes the function's image and returns its reference by digest."""
    image = f"{registry}/{function}"
    call("tag", f"dropscribe/{function}", image)
    program = Path(engine()[0])
    digest = push_by_docker(image) if program.name == "docker" else push(image)
    return f"{image}@{digest}"


def push(image: str) -> str:
    """Pushes with podman or buildah and returns the digest.

    They compress the layers while they push, so only the push knows the digest.
    """
    with tempfile.NamedTemporaryFile("r") as digest:
        call("push", "--digestfile", digest.name, image)
        return digest.read().strip()


def push_by_docker(image: str) -> str:
    """Pushes with docker and returns the digest."""
    call("push", image)
    output = call("image", "inspect", "--format", "{{json .RepoDigests}}", image)
    references: list[str] = json.loads(output)
    prefix = f"{image}@"
    (reference, *_) = [each for each in references if each.startswith(prefix)]
    return reference.removeprefix(prefix)


def call(*arguments: str) -> str:
    """Returns the output of the container engine. Exits if it fails."""
    command = (*engine(), *arguments)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{command[0]} {arguments[0]} failed")
    return done.stdout


if __name__ == "__main__":
    main()
