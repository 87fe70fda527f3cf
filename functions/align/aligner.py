"""whisperx's forced alignment, one segment at a time, with the acoustic model of the language."""

import atexit
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import accumulate, pairwise
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import nltk.data
import torch
import whisperx.alignment

from functions.align import hama, wav2vec2
from functions.align.acoustic_model import UNKNOWN, Acoustic
from functions.align.monotonic import FRAME, Fit
from functions.align.sentences import separator
from functions.align.sound import Sound
from functions.align.word_boundaries import Letter, extents
from shared.model.artifacts import RecognizedSegment
from shared.model.contracts import Engine
from shared.model.errors import ModelUnavailable
from shared.settings import settings

PACKAGED = "hama"
"""The model of a machine without a hub. English only."""
SLACK = 0.005
"""Seconds more than a whole number of frames, of which hama's model and wav2vec2 make just as many:
whisperx takes the frames to fill the segment, so that any other length would stretch its times."""


@cache
def load() -> "Aligner":
    """The aligner with the deployment's model."""
    return Aligner(settings().inference.align_model)


class Aligner:
    """Finds a language's acoustic model. `model` is its name; None: each language has its own."""

    def __init__(self, model: str | None) -> None:
        self.model = model
        self.language: str | None = None

    @property
    def engine(self) -> Engine:
        """What is asked for; which model a language had is known when the language is."""
        if self.model in (None, PACKAGED):
            return hama.engine()
        return Engine(
            name="whisperx",
            version=version("whisperx"),
            model=self.model,
            device=settings().inference.device,
        )

    def voice(self, language: str) -> "Voice | None":
        if language != self.language:
            found.cache_clear()  # before the next one is loaded: both together may be too large
        self.language = language
        acoustic = found(language, self.model)
        return Voice(acoustic, language) if acoustic else None


@lru_cache(maxsize=1)
def found(language: str, name: str | None) -> Acoustic | None:
    """The model, loaded; one is kept in memory. A model that was asked for must be there, a
    language's own need not."""
    give_nltk_a_model()
    if language == "en" and name in (None, PACKAGED):
        return hama.acoustic()
    wanted = name or wav2vec2.default(language)
    if wanted in (None, PACKAGED):
        return None
    try:
        return wav2vec2.acoustic(
            language,
            wanted,
            settings().inference.models,
            settings().inference.download_models,
            settings().inference.device,
        )
    except ModelUnavailable:
        if name is not None:
            raise
        return None


@cache
def give_nltk_a_model() -> None:
    """whisperx splits text into sentences, which is not used here, and would download nltk's tables
    for it.

    They are this process's own and go with it, since models may lie where nobody can write.
    """
    folder = TemporaryDirectory(prefix="dropscribe-nltk-")
    atexit.register(folder.cleanup)
    for language in {"english", *whisperx.alignment.PUNKT_LANGUAGES.values()}:
        for table in (
            "abbrev_types.txt",
            "collocations.tab",
            "ortho_context.tab",
            "sent_starters.txt",
        ):
            path = Path(folder.name) / "tokenizers/punkt_tab" / language / table
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    nltk.data.path.insert(0, folder.name)


class Voice:
    """An acoustic model at work in its language."""

    def __init__(self, acoustic: Acoustic, language: str) -> None:
        self.acoustic = acoustic
        self.engine = acoustic.engine
        self.between = separator(language)

    def fits(self, sound: Sound, segment: RecognizedSegment) -> list[Fit] | None:
        """Where each word is. None where whisperx finds no way through the sound."""
        written = [self.acoustic.written(word.word) for word in segment.words]
        frames = int((min(segment.end, sound.seconds) - segment.start - SLACK) / FRAME)
        end = segment.start + frames * FRAME + SLACK
        letters = (
            self.letters(sound, segment.start, end, self.between.join(written))
            if frames > 0
            else []
        )
        if len(letters) != sum(map(len, written)):
            return None
        borders = accumulate(map(len, written), initial=0)
        heard = [letters[first:last] for first, last in pairwise(borders)]
        return [self.fit(*found) for found in zip(heard, extents(heard, end, sound), strict=True)]

    def letters(self, sound: Sound, begin: float, end: float, text: str) -> list[Letter]:
        """Each letter of the text; none where there is not the time for all."""
        made = whisperx.alignment.align(
            [{"start": begin, "end": end, "text": text}],
            self.acoustic.network,
            self.acoustic.metadata,
            torch.from_numpy(sound.samples),
            self.acoustic.engine.device,
            return_char_alignments=True,
        )
        letters = (letter for sentence in made["segments"] for letter in sentence["chars"] or ())
        return [
            Letter(each["char"], each["start"], each["score"])
            for each in letters
            if not each["char"].isspace()
        ]

    def fit(self, letters: Sequence[Letter], extent: tuple[float, float]) -> Fit:
        """A word that cannot be written is where whisperx found something said between its
        neighbours."""
        if letters[0].sign == UNKNOWN:
            return Fit(*extent, None, "interpolated")
        return Fit(*extent, fmean(letter.score for letter in letters), "aligned")
