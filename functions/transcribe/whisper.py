"""Whisper by whisperx's batched pipeline on CTranslate2, told where speech is, its words timed by cross-attention."""

import io
import logging
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import TranscriptionOptions, get_compression_ratio

from functions.transcribe import models
from functions.transcribe.sound import LONGEST, Audio, fitting, samples
from functions.transcribe.stage import TranscribeParams
from functions.transcribe.words import WITHOUT_SPACES, Piece, placed, words
from shared.contracts import Engine
from shared.errors import BadOption
from shared.settings import settings
from shared.speech import SAMPLE_RATE, HeardSegment, Region, Window

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pyannote.audio says that it cannot decode files; nobody asks it to
    import whisperx.asr
    import whisperx.audio
    import whisperx.diarize
    import whisperx.vads

logging.getLogger("whisperx").setLevel(logging.ERROR)  # it logs to stdout

FRAMES_PER_SECOND = 100
"""Of the spectrogram."""
LEAST_FRAMES = 2
"""The encoder makes one frame of two; attention needs one."""
PROMPT_LIMIT = 223
"""Tokens of context that Whisper was trained with."""


def load(name: str | None = None) -> "Whisper":
    """The recogniser of the model called `name`; without one, the deployment's."""
    return loaded(name or settings().whisper_model)


@lru_cache(maxsize=1)
def loaded(name: str) -> "Whisper":
    """One is kept in memory."""
    folder = models.find(name, settings().models, settings().download_models)
    device = settings().device
    engine = Engine(
        name="whisperx",
        version=version("whisperx"),
        model=name,
        digest=f"sha256:{models.digest(folder)}",
        device=device,
    )
    model = TimedWhisperModel(
        str(folder), device=device, compute_type=settings().compute_type, cpu_threads=settings().threads
    )
    return Whisper(model, engine, settings().batch_size)


class Whisper:
    """A loaded model. The pipeline keeps the state of the request it is in, hence the lock."""

    def __init__(self, model: "TimedWhisperModel", engine: Engine, batch_size: int) -> None:
        self.engine = engine
        self.languages = frozenset(model.supported_languages)
        self.lock = threading.Lock()
        self.model = model
        self.batch_size = batch_size
        self.speech = GivenSpeech()
        with redirect_stdout(io.StringIO()):  # it prints that it was given a VAD
            self.pipeline = whisperx.asr.load_model("", engine.device, model=model, vad_model=self.speech)
        self.options: TranscriptionOptions = self.pipeline.options

    def transcribe(
        self, audio: Path, speech: Sequence[Region], language: str, params: TranscribeParams
    ) -> tuple[HeardSegment, ...]:
        sound = samples(audio)
        regions = tuple(fitting(speech, sound))
        tokenizer = PieceTokenizer(self.model.hf_tokenizer, self.model.model.is_multilingual, params.task, language)
        check_prompt(params, tokenizer)
        if not regions:
            return ()
        with self.lock:
            self.speech.windows = merged(regions)
            self.pipeline.tokenizer = tokenizer
            self.pipeline.options = replace(
                self.options, initial_prompt=params.initial_prompt, hotwords=params.hotwords
            )
            self.model.begin([window["end"] - window["start"] for window in self.speech.windows])
            found = self.pipeline.transcribe(sound, batch_size=self.batch_size)["segments"]
            decoded = self.model.decoded
        spaces = params.task == "translate" or language not in WITHOUT_SPACES
        return tuple(segments(found, decoded, regions, spaces))

    def guess(self, audio: Path, windows: Sequence[Window]) -> list[dict[str, float]]:
        sound = samples(audio)
        with self.lock:
            return [
                guess
                for first in range(0, len(windows), self.batch_size)
                for guess in self.model.guess([cut(sound, w) for w in windows[first : first + self.batch_size]])
            ]


class GivenSpeech(whisperx.vads.Vad):  # type: ignore[misc]
    """Stands where whisperx would search for speech: prepare has found it."""

    def __init__(self) -> None:
        super().__init__(vad_onset=0.5)  # means nothing here
        self.windows: list[dict[str, Any]] = []

    @staticmethod
    def preprocess_audio(audio: Audio) -> Audio:
        return audio

    def __call__(self, audio: dict[str, Any]) -> list[dict[str, Any]]:
        return self.windows

    @staticmethod
    def merge_chunks(
        windows: list[dict[str, Any]], chunk_size: float, onset: float, offset: float
    ) -> list[dict[str, Any]]:
        return windows


class PieceTokenizer(Tokenizer):  # type: ignore[misc]
    """Times each run of tokens that makes whole characters; `words` joins them."""

    def split_to_word_tokens(self, tokens: list[int]) -> tuple[list[str], list[list[int]]]:
        split: tuple[list[str], list[list[int]]] = self.split_tokens_on_unicode(tokens)
        return split


@dataclass(frozen=True)
class Decoded:
    """What whisperx drops of a window."""

    no_speech_prob: float
    pieces: tuple[Piece, ...]
    """Times from the window's start."""


class TimedWhisperModel(whisperx.asr.WhisperModel):  # type: ignore[misc]
    """Decodes as whisperx does, and uses the encoder's output once more, to time the words."""

    def begin(self, durations: Sequence[float]) -> None:
        """Make ready for the windows of one request, `durations` in seconds."""
        self.frames = iter([max(round(duration * FRAMES_PER_SECOND), LEAST_FRAMES) for duration in durations])
        self.decoded: list[Decoded] = []

    def generate_segment_batched(
        self, features: Any, tokenizer: Tokenizer, options: TranscriptionOptions, encoder_output: Any = None
    ) -> dict[str, list[Any]]:
        """`features` are log-mel spectrograms, shape (batch, mels, 3000)."""
        encoded = self.encode(features)
        results = self.generate(encoded, len(features), tokenizer, options)
        tokens = [[token for token in result.sequences_ids[0] if token < tokenizer.eot] for result in results]
        for result, pieces in zip(results, self.timed(tokens, encoded, tokenizer), strict=True):
            self.decoded.append(Decoded(result.no_speech_prob, pieces))
        return {
            "text": tokenizer.tokenizer.decode_batch(tokens),
            "avg_logprob": [mean_logprob(result, options.length_penalty) for result in results],
        }

    def generate(self, encoded: Any, batch: int, tokenizer: Tokenizer, options: TranscriptionOptions) -> Any:
        context = tokenizer.encode(" " + options.initial_prompt.strip()) if options.initial_prompt else []
        prompt = self.get_prompt(tokenizer, context, options.without_timestamps, hotwords=options.hotwords)
        return self.model.generate(
            encoded,
            [prompt] * batch,
            beam_size=options.beam_size,
            patience=options.patience,
            length_penalty=options.length_penalty,
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram_size=options.no_repeat_ngram_size,
            max_length=self.max_length,
            suppress_blank=options.suppress_blank,
            suppress_tokens=options.suppress_tokens,
            return_scores=True,
            return_no_speech_prob=True,
        )

    def timed(self, tokens: list[list[int]], encoded: Any, tokenizer: Tokenizer) -> Iterator[tuple[Piece, ...]]:
        frames = [next(self.frames) for _ in tokens]
        for found in self.find_alignment(tokenizer, tokens, encoded, frames):
            yield tuple(
                Piece(piece["word"], float(piece["start"]), float(piece["end"]), float(piece["probability"]))
                for piece in found
            )

    def guess(self, windows: Sequence[Audio]) -> list[dict[str, float]]:
        features = np.stack([self.spectrogram(window) for window in windows])
        found = self.model.detect_language(self.encode(features))
        return [{token.strip("<|>"): probability for token, probability in window} for window in found]

    def spectrogram(self, window: Audio) -> Any:
        """Log-mel, shape (mels, 3000)."""
        mels = self.feat_kwargs.get("feature_size", 80)
        return whisperx.audio.log_mel_spectrogram(window, mels, padding=whisperx.audio.N_SAMPLES - len(window)).numpy()


def check_prompt(params: TranscribeParams, tokenizer: Tokenizer) -> None:
    """Whisper would forget the beginning of what is too long."""
    length = sum(len(tokenizer.encode(text)) for text in (params.initial_prompt, params.hotwords) if text)
    if length > PROMPT_LIMIT:
        raise BadOption(f"initial_prompt and hotwords: {length} tokens together, at most {PROMPT_LIMIT}")


def merged(speech: Sequence[Region]) -> list[dict[str, Any]]:
    """Neighbours put together in windows, by whisperx's rule."""
    regions = [whisperx.diarize.Segment(region.start, region.end) for region in speech]
    windows: list[dict[str, Any]] = whisperx.vads.Vad.merge_chunks(regions, LONGEST, onset=0.5, offset=None)
    return windows


def cut(probe: Audio, window: Window) -> Audio:
    """The window's part of the probe, at most what Whisper hears at once."""
    length = min(window.end - window.start, LONGEST)
    return probe[int(window.offset * SAMPLE_RATE) : int((window.offset + length) * SAMPLE_RATE)]


def mean_logprob(result: Any, length_penalty: float) -> float:
    """Per token, the end mark included, as whisperx has it."""
    length = len(result.sequences_ids[0])
    total: float = result.scores[0] * length**length_penalty
    return total / (length + 1)


def segments(
    found: list[dict[str, Any]], decoded: list[Decoded], speech: Sequence[Region], spaces: bool
) -> Iterator[HeardSegment]:
    """What whisperx found, with what the model kept of it. Windows in which nothing was said are left out."""
    for segment, kept in zip(found, decoded, strict=True):
        window = Region(start=segment["start"], end=segment["end"])
        timed = tuple(placed(words(kept.pieces, spaces), window, speech))
        text = (" " if spaces else "").join(word.word for word in timed)
        if text:
            yield HeardSegment(
                start=window.start,
                end=window.end,
                text=text,
                avg_logprob=segment["avg_logprob"],
                compression_ratio=get_compression_ratio(text),
                no_speech_prob=kept.no_speech_prob,
                words=timed,
            )
