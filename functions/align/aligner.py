"""whisperx's forced alignment, one segment at a time, with the acoustic model of the language."""

import wave
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

import nltk.data
import numpy as np
import torch
import whisperx.alignment

from functions.align import hama, wav2vec2
from functions.align.acoustic import Acoustic
from functions.align.sentences import separator
from functions.align.timing import Fit
from shared.contracts import Engine
from shared.errors import ModelUnavailable
from shared.settings import settings
from shared.speech import HeardSegment

PACKAGED = "hama"
"""The model of a machine without a hub. English only."""


@lru_cache
def load(name: str | None = None) -> "Aligner":
    """The aligner with the model called `name`; without one, the deployment's; without that, each language's own."""
    give_nltk_a_model(settings().models / "nltk")
    return Aligner(name or settings().align_model)


def give_nltk_a_model(folder: Path) -> None:
    """whisperx splits text into sentences, which is not used here, and would download nltk's tables for it."""
    for language in {"english", *whisperx.alignment.PUNKT_LANGUAGES.values()}:
        for table in ("abbrev_types.txt", "collocations.tab", "ortho_context.tab", "sent_starters.txt"):
            path = folder / "tokenizers/punkt_tab" / language / table
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    nltk.data.path.insert(0, str(folder))


class Aligner:
    """Finds a language's acoustic model."""

    def __init__(self, model: str | None) -> None:
        self.model = model

    @property
    def engine(self) -> Engine:
        """What is asked for; which model a language had is known when the language is."""
        if self.model in (None, PACKAGED):
            return hama.engine()
        return Engine(name="whisperx", version=version("whisperx"), model=self.model, device=settings().device)

    def voice(self, language: str) -> "Voice | None":
        acoustic = found(language, self.model)
        return Voice(acoustic, language) if acoustic else None


@lru_cache(maxsize=1)
def found(language: str, name: str | None) -> Acoustic | None:
    """The model, loaded; one is kept in memory. A model that was asked for must be there, a language's own need not."""
    if language == "en" and name in (None, PACKAGED):
        return hama.acoustic()
    wanted = name or wav2vec2.default(language)
    if wanted in (None, PACKAGED):
        return None
    try:
        return wav2vec2.acoustic(language, wanted, settings().models, settings().download_models, settings().device)
    except ModelUnavailable:
        if name is not None:
            raise
        return None


class Voice:
    """An acoustic model at work in its language."""

    def __init__(self, acoustic: Acoustic, language: str) -> None:
        self.acoustic = acoustic
        self.engine = acoustic.engine
        self.between = separator(language)

    def fits(self, audio: Path, segments: Sequence[HeardSegment]) -> Iterator[list[Fit] | None]:
        sound = samples(audio)
        for segment in segments:
            written = [self.acoustic.written(word.word) for word in segment.words]
            letters = self.letters(sound, segment, self.between.join(written))
            yield self.words(written, letters) if len(letters) == sum(map(len, written)) else None

    def letters(self, sound: torch.Tensor, segment: HeardSegment, text: str) -> list[dict[str, Any]]:
        """Each letter of the text with its start, end and score; none where whisperx finds no way through."""
        given = [{"start": segment.start, "end": segment.end, "text": text}]
        try:
            made = whisperx.alignment.align(
                given,
                self.acoustic.network,
                self.acoustic.metadata,
                sound,
                self.acoustic.engine.device,
                return_char_alignments=True,
            )
        except (RuntimeError, IndexError, ValueError):  # of torch, of whisperx, of pandas: the words do not fit
            return []
        letters = (letter for sentence in made["segments"] for letter in sentence["chars"] or ())
        return [letter for letter in letters if not letter["char"].isspace()]

    def words(self, written: Sequence[str], letters: Sequence[dict[str, Any]]) -> list[Fit]:
        rest = iter(letters)
        return [self.fit(list(islice(rest, len(word)))) for word in written]

    def fit(self, letters: Sequence[dict[str, Any]]) -> Fit:
        """A word of letters that the network does not know is placed between its neighbours."""
        last = letters[-1]
        end = min(last["end"], last["start"] + self.acoustic.longest_letter)
        known = any(letter["char"].lower() in self.acoustic.metadata["dictionary"] for letter in letters)
        if not known:
            return Fit(letters[0]["start"], end, None, "interpolated")
        return Fit(letters[0]["start"], end, fmean(letter["score"] for letter in letters), "aligned")


def samples(audio: Path) -> torch.Tensor:
    """A WAV file of signed 16-bit samples, from -1 to 1."""
    with wave.open(str(audio)) as file:
        return torch.from_numpy(np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768)
