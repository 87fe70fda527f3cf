"""The wav2vec2 models that whisperx knows: torchaudio's bundles and those of the hub."""

import hashlib
import io
import logging
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path

import torch
import torchaudio
import whisperx.alignment

from functions.align.acoustic_model import Acoustic
from functions.align.graphemes import writer
from shared.model.contracts import Engine
from shared.model.errors import ModelUnavailable

logging.getLogger("whisperx").setLevel(
    logging.CRITICAL
)  # it logs to stdout, the words that it cannot align included
logging.getLogger("transformers").setLevel(logging.ERROR)


def default(language: str) -> str | None:
    """The model that whisperx takes for a language."""
    known: dict[str, str] = (
        whisperx.alignment.DEFAULT_ALIGN_MODELS_HF | whisperx.alignment.DEFAULT_ALIGN_MODELS_TORCH
    )
    return known.get(language)


def acoustic(language: str, name: str, models: Path, download: bool, device: str) -> Acoustic:
    """The model called `name`: a bundle, a folder, or a name on the hub. `models` is where they
    are, or are put."""
    if (
        not download
        and name in torchaudio.pipelines.__all__
        and not bundle_file(name, models).is_file()
    ):
        raise unavailable(name)
    try:
        with redirect_stdout(io.StringIO()):  # it prints why it failed
            network, metadata = whisperx.alignment.load_align_model(
                language, device, name, model_dir=str(models), model_cache_only=not download
            )
    except (ValueError, OSError) as error:
        raise unavailable(name) from error
    engine = Engine(
        name="whisperx",
        version=version("whisperx"),
        model=name,
        digest=f"sha256:{digest(network)}",
        device=device,
    )
    return Acoustic(network.eval(), metadata, engine, writer(language, metadata["dictionary"]))


def bundle_file(name: str, models: Path) -> Path:
    """Where torchaudio keeps a bundle's weights. It cannot be told to stay off the network."""
    bundle = getattr(torchaudio.pipelines, name)
    return models / Path(bundle._path).name


def digest(network: torch.nn.Module) -> str:
    """SHA-256 of the weights."""
    total = hashlib.sha256()
    for weights in network.state_dict().values():
        total.update(weights.cpu().contiguous().numpy().data)
    return total.hexdigest()


def unavailable(name: str) -> ModelUnavailable:
    return ModelUnavailable(f"the alignment model {name!r} is not on this deployment")
