"""Pushes images and writes down for Terraform which they are, by digest: `python -m images.push
REGISTRY FUNCTION…`.

A tag may come to mean another image; a digest never does.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from local.container import engine

ROOT = Path(__file__).parents[1]
TFVARS = ROOT / "terraform" / "images.auto.tfvars.json"
"""Read by Terraform with the others of its kind; not in git, since it is of one deployment."""


def main() -> None:
    registry, *functions = sys.argv[1:]
    write_down({function: pushed(function, registry) for function in functions}, TFVARS)


def pushed(function: str, registry: str) -> str:
    """The reference by digest of the function's image, once it is in the registry."""
    image = f"{registry}/{function}"
    call("tag", f"dropscribe/{function}", image)
    digest = push_by_docker(image) if Path(engine()[0]).name == "docker" else push(image)
    return f"{image}@{digest}"


def push(image: str) -> str:
    """As podman and buildah do. What they compress on the way has a digest of its own, which the
    push tells."""
    with tempfile.NamedTemporaryFile("r") as told:
        call("push", "--digestfile", told.name, image)
        return told.read().strip()


def push_by_docker(image: str) -> str:
    call("push", image)
    known = json.loads(call("image", "inspect", "--format", "{{json .RepoDigests}}", image))
    return str(next(one for one in known if one.startswith(f"{image}@"))).partition("@")[2]


def call(*arguments: str) -> str:
    done = subprocess.run((*engine(), *arguments), stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{engine()[0]} {arguments[0]} failed")
    return done.stdout


def write_down(references: dict[str, str], file: Path) -> None:
    """Those of functions that were not pushed now stay."""
    kept = json.loads(file.read_text())["images"] if file.exists() else {}
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"images": kept | references}, indent=2) + "\n")


if __name__ == "__main__":
    main()
