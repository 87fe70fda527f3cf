"""whisperx's forced alignment, one segment at a time, with the acoustic model of the language."""

import atexit
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

import nltk.data
import torch
import whisperx.alignment

from functions.align import hama, wav2vec2
from functions.align.acoustic_model import WILDCARD, AcousticModel
from functions.align.alignment import FRAME, WordTiming
from functions.align.chunk_audio import ChunkAudio
from functions.align.sentences import separator
from functions.align.word_boundaries import AlignedChar, word_intervals
from shared.model.artifacts import Interval, RecognizedSegment
from shared.model.contracts import Engine
from shared.model.errors import ModelUnavailable
from shared.settings import settings

PACKAGED = "hama"
"""Name of the model that needs no hub. It knows English only."""
FRAME_SLACK = 0.005
"""Seconds added to a whole number of frames, so that hama and wav2vec2 both return exactly that
number. whisperx spreads the frames over the segment: any other length would stretch its times."""
PUNKT_TABLES = ("abbrev_types.txt", "collocations.tab", "ortho_context.tab", "sent_starters.txt")
"""Files that nltk reads for each language of its sentence splitter."""


@cache
def load() -> "WhisperxAligner":
    """Returns the aligner with the deployment's model."""
    return WhisperxAligner(settings().inference.align_model)


class WhisperxAligner:
    """Chooses the acoustic model of a language and keeps it until another language is needed."""

    def __init__(self, model: str | None) -> None:
        """`model` names one model for every language; None: each language has its own."""
        self.model = model
        self._language: str | None = None

    @property
    def engine(self) -> Engine:
        """The configured engine. Each language's own is known only once it is loaded."""
        if self.model in (None, PACKAGED):
            return hama.engine()
        return Engine(
            name="whisperx",
            version=version("whisperx"),
            model=self.model,
            device=settings().inference.device,
        )

    def for_language(self, language: str) -> "WhisperxSegmentAligner | None":
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
        return WhisperxSegmentAligner(model, language)


@lru_cache(maxsize=1)
def acoustic_model(language: str, name: str | None) -> AcousticModel | None:
    """Returns the loaded model called `name`, by default the language's own.

    Raises ModelUnavailable if a named model is not here; returns None if the language's own is not.
    """
    install_empty_punkt_tables()
    if language == "en" and name in (None, PACKAGED):
        return hama.acoustic_model()

    model = name or wav2vec2.default_model(language)
    if model in (None, PACKAGED):
        return None

    config = settings().inference
    try:
        return wav2vec2.acoustic_model(
            language, model, config.models, config.download_models, config.device
        )
    except ModelUnavailable:
        if name is not None:
            raise
        return None


@cache
def install_empty_punkt_tables() -> None:
    """Give nltk empty sentence tables for this process.

    whisperx loads them to split text into sentences, which is not used here, and would download
    them. They lie in a temporary folder, since the folder of models may be read-only.
    """
    folder = TemporaryDirectory(prefix="dropscribe-nltk-")
    atexit.register(folder.cleanup)

    tables = Path(folder.name) / "tokenizers/punkt_tab"
    languages = {"english", *whisperx.alignment.PUNKT_LANGUAGES.values()}
    for language in languages:
        language_tables = tables / language
        language_tables.mkdir(parents=True)
        for name in PUNKT_TABLES:
            table = language_tables / name
            table.touch()

    nltk.data.path.insert(0, folder.name)


class WhisperxSegmentAligner:
    """Aligns segments of one language with its acoustic model."""

    def __init__(self, model: AcousticModel, language: str) -> None:
        self.model = model
        self.engine = model.engine
        self.separator = separator(language)

    def align(self, segment: RecognizedSegment, audio: ChunkAudio) -> list[WordTiming] | None:
        """Returns each word's timing, or None if whisperx finds no alignment."""
        available = min(segment.end, audio.duration) - segment.start
        frames = int((available - FRAME_SLACK) / FRAME)
        if frames <= 0:
            return None
        end = segment.start + frames * FRAME + FRAME_SLACK

        encoded_words = [self.model.encode_word(word.word) for word in segment.words]
        text = self.separator.join(encoded_words)
        chars = self.align_chars(text, Interval(start=segment.start, end=end), audio)
        if len(chars) != sum(map(len, encoded_words)):
            return None

        timings = []
        chars_by_word = split_like(encoded_words, chars)
        intervals = word_intervals(chars_by_word, end, audio)
        for word_chars, interval in zip(chars_by_word, intervals, strict=True):
            timing = word_timing(word_chars, interval)
            timings.append(timing)
        return timings

    def align_chars(self, text: str, interval: Interval, audio: ChunkAudio) -> list[AlignedChar]:
        """Returns the text's characters without spaces; empty if the interval is too short."""
        segment = {"start": interval.start, "end": interval.end, "text": text}
        result = whisperx.alignment.align(
            [segment],
            self.model.network,
            self.model.metadata,
            torch.from_numpy(audio.samples),
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
        return chars


def split_like(words: Sequence[str], chars: Sequence[AlignedChar]) -> list[Sequence[AlignedChar]]:
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
