"""The wav2vec2 models that whisperx can load: torchaudio's bundles and those of the hub."""

import atexit
import hashlib
import io
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nltk.data
import torch
import torchaudio
import whisperx.alignment

from functions.align.chunk_audio import ChunkAudio
from functions.align.graphemes import word_encoder
from functions.align.word_boundaries import AlignedChar
from shared.model.artifacts import Interval
from shared.model.contracts import Engine
from shared.model.errors import ModelUnavailable
from shared.model.spacing import word_separator

# whisperx logs to stdout, and its warnings quote the words that it cannot align.
logging.getLogger("whisperx").setLevel(logging.CRITICAL)
logging.getLogger("transformers").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Wav2Vec2Model:
    """A wav2vec2 network in whisperx's forced alignment."""

    network: torch.nn.Module
    metadata: Mapping[str, Any]
    """whisperx's description of the network: language, dictionary of characters, type."""
    engine: Engine
    encode_word: Callable[[str], str]
    """Returns a word in the network's letters, or WILDCARD."""

    def align_chars(
        self, words: Sequence[Sequence[str]], interval: Interval, audio: ChunkAudio
    ) -> list[AlignedChar] | None:
        """Returns the letters of all words in a row, or None if whisperx finds no alignment."""
        between = word_separator(self.metadata["language"])
        text = between.join("".join(word) for word in words)
        segment = {"start": interval.start, "end": interval.end, "text": text}
        samples = torch.from_numpy(audio.samples)
        result = whisperx.alignment.align(
            [segment],
            self.network,
            self.metadata,
            samples,
            self.engine.device,
            return_char_alignments=True,
        )

        chars = []
        for sentence in result["segments"]:
            for char in sentence["chars"] or ():
                if char["char"].isspace():
                    continue
                aligned_char = AlignedChar(char["char"], char["start"], char["score"])
                chars.append(aligned_char)
        is_complete = len(chars) == sum(map(len, words))
        return chars if is_complete else None


PUNKT_TABLES = ("abbrev_types.txt", "collocations.tab", "ortho_context.tab", "sent_starters.txt")
"""Files that nltk reads for each language of its sentence splitter."""


def default_model(language: str) -> str | None:
    """Returns the name of whisperx's model for a language."""
    models: dict[str, str] = (
        whisperx.alignment.DEFAULT_ALIGN_MODELS_HF | whisperx.alignment.DEFAULT_ALIGN_MODELS_TORCH
    )
    return models.get(language)


def acoustic_model(
    language: str, name: str, models: Path, download: bool, device: str
) -> Wav2Vec2Model:
    """Returns the model called `name`: a bundle, a folder, or a name on the hub.

    `models` is the folder where models are cached. Raises ModelUnavailable.
    """
    install_empty_punkt_tables()
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
    return Wav2Vec2Model(network.eval(), metadata, engine, encode_word)


@cache
def install_empty_punkt_tables() -> None:
    """Give nltk empty sentence tables for this process.

    whisperx loads them to split text into sentences, which is not used here, and would download
    them. They lie in a temporary folder, since the folder of models may be read-only.
    """
    folder = TemporaryDirectory(prefix="dropscribe-nltk-")
    atexit.register(folder.cleanup)

    root = Path(folder.name)
    tables = root / "tokenizers/punkt_tab"
    other_languages = whisperx.alignment.PUNKT_LANGUAGES.values()
    languages = {"english", *other_languages}
    for language in languages:
        language_tables = tables / language
        language_tables.mkdir(parents=True)
        for name in PUNKT_TABLES:
            table = language_tables / name
            table.touch()

    nltk.data.path.insert(0, folder.name)


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
