"""Where the diarization model's files are, and the engine that names them. Loads no model."""

from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from functions.diarize.cam_weights import WEIGHTS
from shared.model.contracts import Engine
from shared.model.errors import ModelUnavailable
from shared.runtime.model_files import files_digest, packaged_file
from shared.settings import EMBEDDED_DIARIZE_MODEL, settings


class EmbeddedFiles(NamedTuple):
    """The files of the embedded model."""

    segmentation: Path
    """pyannote's, as whisperx packages it: who speaks when within 5 s, for up to three speakers."""
    embedding: Path
    """CAM++: what a voice sounds like."""


@cache
def engine() -> Engine:
    """The engine of the deployment's model. Raises ModelUnavailable."""
    model = settings().inference.diarize_model
    if model == EMBEDDED_DIARIZE_MODEL:
        files = list(embedded_files())
    else:
        entries = sorted(model_folder(model).rglob("*"))
        files = [entry for entry in entries if entry.is_file()]

    return Engine(
        name="pyannote.audio",
        version=version("pyannote.audio"),
        model=model,
        digest=files_digest(files),
        device=settings().inference.device,
    )


def embedded_files() -> EmbeddedFiles:
    """Raises ModelUnavailable if one of them is not installed."""
    return EmbeddedFiles(
        segmentation=packaged_file("whisperx", "assets/pytorch_model.bin"),
        embedding=cam_plus_plus_file(),
    )


def cam_plus_plus_file() -> Path:
    """Returns CAM++'s weights. Raises ModelUnavailable if set-up has not fetched them."""
    if not WEIGHTS.is_file():
        raise ModelUnavailable("the weights of CAM++ are not installed; `make setup` fetches them")
    return WEIGHTS


def model_folder(model: str) -> Path:
    """Returns the folder with the pipeline's config.yaml.

    `model` is that folder, or a name on the hub, `owner/name` or `owner/name@revision`. Raises
    ModelUnavailable.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder

    name, _, revision = model.partition("@")
    config = settings().inference
    try:
        snapshot = snapshot_download(
            name,
            revision=revision or None,
            cache_dir=config.models,
            token=config.hub_token,
            local_files_only=not config.download_models,
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError) as error:
        raise ModelUnavailable(f"{model}: not in {config.models}") from error
    return Path(snapshot)
