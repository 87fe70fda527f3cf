"""Where a diarization model lies on this machine, and its fingerprint. Cheap: nothing here loads a
model."""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from shared.model.contracts import Engine
from shared.model.errors import ModelUnavailable
from shared.settings import settings

EMBEDDED = "embedded"
"""The model made of parts that come with the packages, for a machine without a hub."""


class Parts(NamedTuple):
    """The embedded model's files."""

    segmentation: Path
    """pyannote's, as whisperx packages it: who speaks when within 5 s, for up to three speakers."""
    embedding: Path
    """Resemblyzer's d-vector: what a voice is like."""


@cache
def engine() -> Engine:
    model = settings().inference.diarize_model
    files = (
        embedded()
        if model == EMBEDDED
        else sorted(path for path in folder(model).rglob("*") if path.is_file())
    )
    return Engine(
        name="pyannote.audio",
        version=version("pyannote.audio"),
        model=model,
        digest=f"sha256:{digest(files)}",
        device=settings().inference.device,
    )


def embedded() -> Parts:
    return Parts(
        packaged("whisperx", "assets/pytorch_model.bin"), packaged("resemblyzer", "pretrained.pt")
    )


def packaged(package: str, path: str) -> Path:
    """A file of an installed package, found without importing the package, which would cost
    seconds."""
    spec = find_spec(package)
    file = Path(spec.origin).parent / path if spec and spec.origin else None
    if file is None or not file.is_file():
        raise ModelUnavailable(
            f"{EMBEDDED}: the package {package} with its {path} is not installed"
        )
    return file


def folder(model: str) -> Path:
    """The folder of a pipeline's config.yaml: `model` itself, or what the hub's
    `owner/name@revision` is cached as."""
    if (here := Path(model).expanduser()).is_dir():
        return here
    name, _, revision = model.partition("@")
    try:
        return Path(
            snapshot_download(
                name,
                revision=revision or None,
                cache_dir=settings().inference.models,
                token=settings().inference.hub_token,
                local_files_only=not settings().inference.download_models,
            )
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        raise ModelUnavailable(f"{model}: not in {settings().inference.models}") from error


def digest(files: Iterable[Path]) -> str:
    """One hash of many files' contents, in the order given."""
    whole = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()
