"""Whisper on CTranslate2: decodes windows to text that is timed by cross-attention, and detects
languages."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any

import ctranslate2
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import TranscriptionOptions

from functions.transcribe.words import TokenSpan
from shared.model.artifacts import SAMPLE_RATE, Interval
from shared.model.audio import Samples

FRAMES_PER_SECOND = 100
"""Frames of the spectrogram."""
SAMPLES_PER_FRAME = SAMPLE_RATE // FRAMES_PER_SECOND
MIN_FRAMES = 2
"""The encoder joins two frames, and cross-attention needs one of the joined frames."""
MIN_SILENT_FRAMES = 100
"""Frames of silence that the encoder gets after a window, as Whisper knows it from training."""
MAX_CONTEXT = 3000
"""Frames of Whisper's 30 s."""
MIN_CONTEXT = 1000
"""Fewest frames that are encoded. With fewer, the texts of short windows are less probable."""
CONTEXT_STEP = 500
"""Windows of similar length have the same context, so that they can be decoded at once."""
SEED = 7
"""For sampling at temperatures above 0."""

Encoding = Any
"""ctranslate2.StorageView with the encoder's output; shape (windows, frames, features)."""


@dataclass(frozen=True)
class DecodedWindow:
    """What one window was decoded to."""

    spans: tuple[TokenSpan, ...]
    """In order, with times in seconds from the start of the window."""
    avg_logprob: float
    """Mean log probability of a token."""
    no_speech_prob: float


class SpanTokenizer(Tokenizer):  # type: ignore[misc]
    """Splits tokens into the shortest runs of whole characters, each of which gets its times.

    faster-whisper's own tokenizer splits into words; `words.join_words` does this afterwards.
    """

    def split_to_word_tokens(self, tokens: list[int]) -> tuple[list[str], list[list[int]]]:
        texts, token_runs = self.split_tokens_on_unicode(tokens)
        return texts, token_runs


class TimedWhisperModel(WhisperModel):  # type: ignore[misc]
    """Decodes as whisperx does, and uses the encoder's output a second time, for word times."""

    def __init__(self, folder: str, device: str, compute_type: str, threads: int) -> None:
        super().__init__(folder, device=device, compute_type=compute_type, cpu_threads=threads)
        self.model_arguments = {
            "model_path": folder,
            "device": device,
            "compute_type": compute_type,
            "intra_threads": threads,
        }
        self.sampler: Any = None

    def start_pass(self, windows: Iterable[Interval]) -> None:
        """Prepares for a pass of whisperx's pipeline over these windows."""
        self.frame_counts = map(frame_count, windows)
        self.decoded: list[DecodedWindow] = []

    def generate_segment_batched(
        self,
        features: Any,
        tokenizer: Tokenizer,
        options: TranscriptionOptions,
        encoder_output: Any = None,
    ) -> dict[str, list[Any]]:
        """Decodes a batch, and keeps the windows in `decoded`. whisperx calls it.

        `features` are log-mel spectrograms of shape (batch, mels, 3000).
        """
        frame_counts = [next(self.frame_counts) for _ in features]
        encoding = self.encode_context(features, max(frame_counts))
        decoded = self.decode(encoding, frame_counts, tokenizer, options)
        batch = list(decoded)
        self.decoded += batch
        texts = [text_of(window) for window in batch]
        logprobs = [window.avg_logprob for window in batch]
        return {"text": texts, "avg_logprob": logprobs}

    def encode_context(self, features: Any, frames: int) -> Encoding:
        """Returns the encoder's output for windows of at most `frames`, with little padding.

        `features` are log-mel spectrograms of shape (batch, mels, 3000) or (mels, 3000). The base
        model needs 0.9 s of a core for 30 s, whatever is in them, and 0.12 s for 10 s.
        """
        context = context_frames(frames)
        return self.encode(features[..., :context])

    def decode(
        self,
        encoding: Encoding,
        frame_counts: Sequence[int],
        tokenizer: Tokenizer,
        options: TranscriptionOptions,
        temperature: float = 0.0,
    ) -> Iterator[DecodedWindow]:
        """Yields what each window was decoded to.

        `frame_counts` are the windows' lengths without padding, in frames of the spectrogram.
        """
        results = self.generate(encoding, len(frame_counts), tokenizer, options, temperature)
        texts = [text_tokens(result, tokenizer) for result in results]
        lengths = list(frame_counts)
        alignments = self.find_alignment(tokenizer, texts, encoding, lengths)
        for result, alignment in zip(results, alignments, strict=True):
            yield DecodedWindow(
                spans=tuple(map(token_span, alignment)),
                avg_logprob=mean_logprob(result, options),
                no_speech_prob=result.no_speech_prob,
            )

    def generate(
        self,
        encoding: Encoding,
        batch_size: int,
        tokenizer: Tokenizer,
        options: TranscriptionOptions,
        temperature: float,
    ) -> Any:
        """Returns CTranslate2's result for each window."""
        previous_tokens = []
        if options.initial_prompt:
            previous_tokens = tokenizer.encode(" " + options.initial_prompt.strip())
        prompt = self.get_prompt(
            tokenizer, previous_tokens, options.without_timestamps, hotwords=options.hotwords
        )
        model = self.fresh_sampler() if temperature else self.model
        return model.generate(
            encoding,
            [prompt] * batch_size,
            length_penalty=options.length_penalty,
            repetition_penalty=options.repetition_penalty,
            no_repeat_ngram_size=options.no_repeat_ngram_size,
            max_length=self.max_length,
            suppress_blank=options.suppress_blank,
            suppress_tokens=options.suppress_tokens,
            return_scores=True,
            return_no_speech_prob=True,
            **search_arguments(options, temperature),
        )

    def fresh_sampler(self) -> Any:
        """Returns the model that draws samples, loaded again for each `reproducible_sampling`."""
        if self.sampler is not None:
            return self.sampler
        ctranslate2.set_random_seed(SEED)
        self.sampler = ctranslate2.models.Whisper(**self.model_arguments)
        return self.sampler

    @contextmanager
    def reproducible_sampling(self) -> Iterator[None]:
        """Makes the same requests draw the same samples each time it is entered.

        CTranslate2 seeds each thread only once, so that a model with new threads is needed. Its
        weights take time and memory, but only if samples are drawn.
        """
        try:
            yield
        finally:
            self.sampler = None

    def encode_samples(self, samples: Samples, is_padded: bool = False) -> Encoding:
        """Returns the encoder's output for one window, padded to 30 s or with little silence."""
        spectrogram = self.spectrogram(samples)
        if is_padded:
            return self.encode(spectrogram)
        frames = len(samples) / SAMPLES_PER_FRAME
        whole_frames = ceil(frames)
        return self.encode_context(spectrogram, whole_frames)

    def language_probabilities(self, window: Samples) -> dict[str, float]:
        """Returns the probability of every language in the window."""
        encoding = self.encode_samples(window)
        (result,) = self.model.detect_language(encoding)
        return by_language(result)

    def spectrogram(self, window: Samples) -> Any:
        """Returns the window's log-mel spectrogram, padded to 30 s; shape (mels, 3000)."""
        extractor = self.feature_extractor
        frames = extractor.nb_max_frames
        padding = extractor.n_samples - len(window)
        features = extractor(window, padding=padding)
        return features[:, :frames]


def frame_count(window: Interval) -> int:
    """Returns the window's length in frames of the spectrogram."""
    seconds = window.end - window.start
    frames = round(seconds * FRAMES_PER_SECOND)
    return max(frames, MIN_FRAMES)


def context_frames(frames: int) -> int:
    """Returns how many frames are encoded for a window of `frames`, at most Whisper's 3000."""
    needed = frames + MIN_SILENT_FRAMES
    steps = ceil(needed / CONTEXT_STEP)
    context = steps * CONTEXT_STEP
    context = max(context, MIN_CONTEXT)
    return min(context, MAX_CONTEXT)


def text_of(window: DecodedWindow) -> str:
    texts = [span.text for span in window.spans]
    return "".join(texts)


def text_tokens(result: Any, tokenizer: Tokenizer) -> list[int]:
    """Returns the tokens of the best hypothesis without special tokens."""
    best = result.sequences_ids[0]
    end_of_text = tokenizer.eot
    return [token for token in best if token < end_of_text]


def token_span(alignment: dict[str, Any]) -> TokenSpan:
    """Returns faster-whisper's alignment of one run of tokens as our type."""
    return TokenSpan(
        text=alignment["word"],
        start=float(alignment["start"]),
        end=float(alignment["end"]),
        probability=float(alignment["probability"]),
    )


def mean_logprob(result: Any, options: TranscriptionOptions) -> float:
    """Returns the mean log probability of a token, including the end token, as whisperx does."""
    tokens = result.sequences_ids[0]
    length = len(tokens)
    score = result.scores[0]
    total: float = score * length**options.length_penalty
    return total / (length + 1)


def search_arguments(options: TranscriptionOptions, temperature: float) -> dict[str, Any]:
    """Returns the arguments for a beam search, or above temperature 0 for the best of samples."""
    if temperature:
        return {
            "beam_size": 1,
            "num_hypotheses": options.best_of,
            "sampling_topk": 0,
            "sampling_temperature": temperature,
        }
    return {"beam_size": options.beam_size, "patience": options.patience}


def by_language(result: Any) -> dict[str, float]:
    """Returns CTranslate2's pairs of a token such as <|en|> and its probability, by language."""
    probabilities = {}
    for token, probability in result:
        probabilities[token.strip("<|>")] = probability
    return probabilities
