"""Whisper on CTranslate2: sound becomes pieces of text, timed by cross-attention, or a guess at the
language."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import TranscriptionOptions

from functions.transcribe.sound import Audio
from functions.transcribe.words import Piece

FRAMES_PER_SECOND = 100
"""Of the spectrogram."""
LEAST_FRAMES = 2
"""The encoder makes one frame of two; attention needs one."""
SEED = 7
"""Of the samples at temperatures above 0."""


@dataclass(frozen=True)
class Decoded:
    """What one window was decoded to."""

    pieces: tuple[Piece, ...]
    """Times from the window's start."""
    avg_logprob: float
    no_speech_prob: float


class PieceTokenizer(Tokenizer):  # type: ignore[misc]
    """Times each run of tokens that makes whole characters; `words` joins them."""

    def split_to_word_tokens(self, tokens: list[int]) -> tuple[list[str], list[list[int]]]:
        split: tuple[list[str], list[list[int]]] = self.split_tokens_on_unicode(tokens)
        return split


class TimedWhisperModel(WhisperModel):  # type: ignore[misc]
    """Decodes as whisperx does, and uses the encoder's output once more, to time the words."""

    def __init__(self, folder: str, device: str, compute_type: str, threads: int) -> None:
        super().__init__(folder, device=device, compute_type=compute_type, cpu_threads=threads)
        self.weights = {
            "model_path": folder,
            "device": device,
            "compute_type": compute_type,
            "intra_threads": threads,
        }
        self.sampler: Any = None

    def begin(self, durations: Sequence[float]) -> None:
        """Make ready for the windows of one pass, `durations` in seconds."""
        self.frames = iter([frames(duration) for duration in durations])
        self.decoded: list[Decoded] = []

    def generate_segment_batched(
        self,
        features: Any,
        tokenizer: Tokenizer,
        options: TranscriptionOptions,
        encoder_output: Any = None,
    ) -> dict[str, list[Any]]:
        """whisperx calls it. `features` are log-mel spectrograms, shape (batch, mels, 3000)."""
        lengths = [next(self.frames) for _ in features]
        decoded = list(self.decode(self.encode(features), lengths, tokenizer, options))
        self.decoded += decoded
        return {
            "text": ["".join(piece.text for piece in window.pieces) for window in decoded],
            "avg_logprob": [window.avg_logprob for window in decoded],
        }

    def decode(
        self,
        encoded: Any,
        lengths: Sequence[int],
        tokenizer: Tokenizer,
        options: TranscriptionOptions,
        temperature: float = 0.0,
    ) -> Iterator[Decoded]:
        """`encoded` is the encoder's output for the windows, `lengths` are their frames."""
        results = self.generate(encoded, len(lengths), tokenizer, options, temperature)
        tokens = [
            [token for token in result.sequences_ids[0] if token < tokenizer.eot]
            for result in results
        ]
        timed = self.find_alignment(tokenizer, tokens, encoded, list(lengths))
        for result, found in zip(results, timed, strict=True):
            yield Decoded(
                tuple(map(as_piece, found)), mean_logprob(result, options), result.no_speech_prob
            )

    def generate(
        self,
        encoded: Any,
        batch: int,
        tokenizer: Tokenizer,
        options: TranscriptionOptions,
        temperature: float,
    ) -> Any:
        context = (
            tokenizer.encode(" " + options.initial_prompt.strip()) if options.initial_prompt else []
        )
        prompt = self.get_prompt(
            tokenizer, context, options.without_timestamps, hotwords=options.hotwords
        )
        whisper, search = self.search(options, temperature)
        return whisper.generate(
            encoded,
            [prompt] * batch,
            length_penalty=options.length_penalty,
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram_size=options.no_repeat_ngram_size,
            max_length=self.max_length,
            suppress_blank=options.suppress_blank,
            suppress_tokens=options.suppress_tokens,
            return_scores=True,
            return_no_speech_prob=True,
            **search,
        )

    def search(
        self, options: TranscriptionOptions, temperature: float
    ) -> tuple[Any, dict[str, Any]]:
        """What decodes, and how: the likeliest words by beam search, or the best of a few
        samples."""
        if not temperature:
            return self.model, {"beam_size": options.beam_size, "patience": options.patience}
        if self.sampler is None:
            ctranslate2.set_random_seed(SEED)
            self.sampler = ctranslate2.models.Whisper(**self.weights)
        sampling = {"sampling_topk": 0, "sampling_temperature": temperature}
        return self.sampler, {"beam_size": 1, "num_hypotheses": options.best_of, **sampling}

    @contextmanager
    def fresh_samples(self) -> Iterator[None]:
        """The same samples are drawn within it as in any other. CTranslate2 seeds a thread but
        once, so whatever draws must be new: it costs loading the weights once more, and their
        memory, but only when there is a need to draw."""
        try:
            yield
        finally:
            self.sampler = None

    def guess(self, windows: Sequence[Audio]) -> list[dict[str, float]]:
        features = np.stack([self.spectrogram(window) for window in windows])
        found = self.model.detect_language(self.encode(features))
        return [
            {token.strip("<|>"): probability for token, probability in window} for window in found
        ]

    def spectrogram(self, window: Audio) -> Any:
        """Log-mel, shape (mels, 3000)."""
        extractor = self.feature_extractor
        return extractor(window, padding=extractor.n_samples - len(window))[
            :, : extractor.nb_max_frames
        ]


def frames(seconds: float) -> int:
    """Of the spectrogram, for find_alignment."""
    return max(round(seconds * FRAMES_PER_SECOND), LEAST_FRAMES)


def as_piece(found: dict[str, Any]) -> Piece:
    return Piece(
        found["word"], float(found["start"]), float(found["end"]), float(found["probability"])
    )


def mean_logprob(result: Any, options: TranscriptionOptions) -> float:
    """Per token, the end mark included, as whisperx has it."""
    length = len(result.sequences_ids[0])
    total: float = result.scores[0] * length**options.length_penalty
    return total / (length + 1)
