"""Puts models of the Hugging Face hub, each at a pinned revision, where the functions look for
them.

`python -m images.hub owner/name@revision…`. A function asks for a model by its name and finds,
without a network, the revision that was named here.
"""

import os
import re
import sys
from pathlib import Path

from huggingface_hub import snapshot_download

PINNED = re.compile(r"(?P<name>[\w.-]+/[\w.-]+)@(?P<revision>[0-9a-f]{40})")


def main() -> None:
    for pinned in sys.argv[1:]:
        bake(pinned, Path(os.environ["DROPSCRIBE_MODELS"]))


def bake(pinned: str, models: Path) -> None:
    """Fetch it, and let the name alone mean this revision: the hub's client keeps that in
    refs/main."""
    if (wanted := PINNED.fullmatch(pinned)) is None:
        sys.exit(f"{pinned!r} is not pinned: owner/name@ and the 40 digits of a commit")
    folder = snapshot_download(
        wanted["name"], revision=wanted["revision"], cache_dir=models, token=token()
    )
    ref = Path(folder).parents[1] / "refs" / "main"
    ref.parent.mkdir(exist_ok=True)
    ref.write_text(wanted["revision"])


def token() -> str | None:
    """A build secret: it is in no layer."""
    secret = Path("/run/secrets/hub_token")
    return secret.read_text().strip() if secret.exists() else None


if __name__ == "__main__":
    main()
