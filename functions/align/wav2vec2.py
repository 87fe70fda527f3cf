"""The wav2vec2 models that whisperx can load: torchaudio's bundles and those of the hub."""

import hashlib
import io
import logging
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path

import torch
import torchaudio
import whisperx.alignment

from functions.align.acoustic_model import AcousticModel
from functions.align.graphemes import word_encoder
from shared.model.contracts import Engine
from shared.model.errors import ModelUnavailable

# whisperx logs to stdout, and its warnings quote the words that it cannot align.
logging.getLogger("whisperx").setLevel(logging.CRITICAL)
logging.getLogger("transformers").setLevel(logging.ERROR)


def default_model(language: str) -> str | None:
    """Returns the name of whisperx's model for a language."""
    models: dict[str, str] = (
        whisperx.alignment.DEFAULT_ALIGN_MODELS_HF | whisperx.alignment.DEFAULT_ALIGN_MODELS_TORCH
    )
    return models.get(language)


def acoustic_model(
    language: str, name: str, models: Path, download: bool, device: str
) -> AcousticModel:
    """Returns the model called `name`: a bundle, a folder, or a name on the hub.

    `models` is the folder where models are cached. Raises ModelUnavailable.
    """
    if not download:
        require_cached_bundle(name, models)

    try:
        with redirect_stdout(io.StringIO()):  # whisperx prints why loading fails
            network, metadata = whisperx.alignment.load_align_model(
                language, device, name, model_dir=str(models), model_cache_only=not download
            )
    except (ValueError, OSError) as error:
        raise unavailable(name) from error

    engine = Engine(
        name="whisperx",
        version=version("whisperx"),
        model=name,
        digest=weights_digest(network),
        device=device,
    )
    encode_word = word_encoder(language, metadata["dictionary"])
    return AcousticModel(network.eval(), metadata, engine, encode_word)


def require_cached_bundle(name: str, models: Path) -> None:
    """Raise ModelUnavailable for a bundle that is not cached: torchaudio would download it."""
    if name not in torchaudio.pipelines.__all__:
        return

    bundle = getattr(torchaudio.pipelines, name)
    file_name = Path(bundle._path).name
    cached_file = models / file_name
    if not cached_file.is_file():
        raise unavailable(name)


def weights_digest(network: torch.nn.Module) -> str:
    """Returns `sha256:` and the SHA-256 of the loaded weights in hex."""
    total = hashlib.sha256()
    for weights in network.state_dict().values():
        on_cpu = weights.cpu().contiguous()
        array = on_cpu.numpy()
        total.update(array.data)
    digest = total.hexdigest()
    return f"sha256:{digest}"


def unavailable(name: str) -> ModelUnavailable:
    message = f"the alignment model {name!r} is not on this deployment"
    return ModelUnavailable(message)
