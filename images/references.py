"""The file from which Terraform reads the images, each with its digest.

A tag may come to name another image; a digest never does.
"""

import json
from pathlib import Path

ROOT = Path(__file__).parents[1]
TFVARS = ROOT / "terraform" / "images.auto.tfvars.json"
"""Terraform reads it by its name. It belongs to one deployment, so git ignores it."""


def write_down(references: dict[str, str], file: Path) -> None:
    """Writes the references. Those of other functions in the file are kept."""
    images: dict[str, str] = {}
    if file.exists():
        content = json.loads(file.read_text())
        images = content["images"]
    images |= references
    text = json.dumps({"images": images}, indent=2)
    file.parent.mkdir(exist_ok=True)
    file.write_text(text + "\n")
