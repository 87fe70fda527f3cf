"""Forced alignment, one segment at a time, with the acoustic model of the segment's language."""

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from statistics import fmean

import torch

from functions.align import hama, wav2vec2
from functions.align.acoustic_model import WILDCARD, AcousticModel
from functions.align.alignment import FRAME, WordTiming
from functions.align.chunk_audio import ChunkAudio
from functions.align.word_boundaries import AlignedChar, word_intervals
from shared.model.artifacts import Interval, RecognizedSegment
from shared.model.contracts import Engine
from shared.model.errors import ModelUnavailable
from shared.settings import settings

PACKAGED = "hama"
"""Name of the model that needs no hub."""
FRAME_SLACK = 0.005
"""Seconds added to a whole number of frames, so that hama and wav2vec2 both return exactly that
number. whisperx spreads the frames over the segment: any other length would stretch its times."""


@cache
def load() -> "LanguageAligner":
    """Returns the aligner with the deployment's model."""
    # Otherwise a GPU rounds the inputs of convolutions to 10 bits.
    torch.backends.cudnn.allow_tf32 = False
    return LanguageAligner(settings().inference.align_model)


class LanguageAligner:
    """Chooses the acoustic model of a language and keeps it until another language is needed."""

    def __init__(self, model: str | None) -> None:
        """`model` names one model for every language; None: each language has its own."""
        self.model = model
        self._language: str | None = None

    @property
    def engine(self) -> Engine:
        """The configured engine. Each language's own is known only once it is loaded."""
        device = settings().inference.device
        if self.model in (None, PACKAGED):
            return hama.engine(device)
        return Engine(
            name="whisperx",
            version=version("whisperx"),
            model=self.model,
            device=device,
        )

    def for_language(self, language: str) -> "WordAligner | None":
        """Returns the aligner for a language, or None if it has no model here.

        Raises ModelUnavailable if the deployment names a model that is not here.
        """
        if language != self._language:
            # Unload the previous model first: two at once may not fit into memory.
            acoustic_model.cache_clear()
        self._language = language

        model = acoustic_model(language, self.model)
        if model is None:
            return None
        return WordAligner(model)


@lru_cache(maxsize=1)
def acoustic_model(language: str, name: str | None) -> AcousticModel | None:
    """Returns the loaded model called `name`, by default the best one for the language.

    That is whisperx's own if it is here, but for English hama. Raises ModelUnavailable if a named
    model is not here; returns None if there is no model for the language.
    """
    if name not in (None, PACKAGED):
        return wav2vec2_model(language, name)

    own_name = wav2vec2.default_model(language)
    if name is None and language != "en" and own_name is not None:
        try:
            return wav2vec2_model(language, own_name)
        except ModelUnavailable:
            pass
    return hama.acoustic_model(language, settings().inference.device)


def wav2vec2_model(language: str, name: str) -> AcousticModel:
    config = settings().inference
    return wav2vec2.acoustic_model(
        language, name, config.models, config.download_models, config.device
    )


class WordAligner:
    """Aligns segments of one language with its acoustic model."""

    def __init__(self, model: AcousticModel) -> None:
        self.model = model
        self.engine = model.engine

    def align(self, segment: RecognizedSegment, audio: ChunkAudio) -> list[WordTiming] | None:
        """Returns each word's timing, or None if the words do not fit the audio."""
        available = min(segment.end, audio.duration) - segment.start
        frames = int((available - FRAME_SLACK) / FRAME)
        if frames <= 0:
            return None
        end = segment.start + frames * FRAME + FRAME_SLACK

        encoded_words = [self.model.encode_word(word.word) for word in segment.words]
        interval = Interval(start=segment.start, end=end)
        chars = self.model.align_chars(encoded_words, interval, audio)
        if chars is None:
            return None

        timings = []
        chars_by_word = split_like(encoded_words, chars)
        intervals = word_intervals(chars_by_word, end, audio)
        for word_chars, interval in zip(chars_by_word, intervals, strict=True):
            timing = word_timing(word_chars, interval)
            timings.append(timing)
        return timings


def split_like(
    words: Sequence[Sequence[str]], chars: Sequence[AlignedChar]
) -> list[Sequence[AlignedChar]]:
    """Returns the characters of each word, given those of all words in a row."""
    chars_by_word = []
    start = 0
    for word in words:
        end = start + len(word)
        chars_by_word.append(chars[start:end])
        start = end
    return chars_by_word


def word_timing(chars: Sequence[AlignedChar], interval: Interval) -> WordTiming:
    """Returns the timing of a word; a word without a pronunciation has no score."""
    start, end = interval.start, interval.end
    is_wildcard = chars[0].char == WILDCARD
    if is_wildcard:
        return WordTiming(start, end, score=None, origin="interpolated")

    score = fmean(char.score for char in chars)
    return WordTiming(start, end, score, origin="aligned")
