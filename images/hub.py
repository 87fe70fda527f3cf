"""Downloads models of the Hugging Face hub into an image, each at a pinned revision.

`python -m images.hub owner/name@revision…`. A function that loads a model by its name then finds
this revision without a network.
"""

import os
import re
import sys
from pathlib import Path

from huggingface_hub import snapshot_download

PINNED = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)@(?P<revision>[0-9a-f]{40})")


def main() -> None:
    models = Path(os.environ["DROPSCRIBE_MODELS"])
    for pinned in sys.argv[1:]:
        bake(pinned, models)


def bake(pinned: str, models: Path) -> None:
    """Downloads the model and makes its name mean this revision, which the hub's client looks up in
    refs/main."""
    match = PINNED.fullmatch(pinned)
    if match is None:
        sys.exit(f"{pinned!r} is not pinned: owner/name@ and the 40 digits of a commit")
    name = match["name"]
    revision = match["revision"]
    snapshot = snapshot_download(name, revision=revision, cache_dir=models, token=token())
    repository = Path(snapshot).parents[1]
    ref = repository / "refs" / "main"
    ref.parent.mkdir(exist_ok=True)
    ref.write_text(revision)


def token() -> str | None:
    """Returns the hub's token, a build secret that is in no layer, or None."""
    secret = Path("/run/secrets/hub_token")
    if not secret.exists():
        return None
    return secret.read_text().strip()


if __name__ == "__main__":
    main()
