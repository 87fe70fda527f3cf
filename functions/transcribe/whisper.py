"""The Whisper recogniser: whisperx's batched pipeline first, then fallback and gap recovery."""

import io
import logging
import threading
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from faster_whisper.transcribe import TranscriptionOptions

from functions.transcribe import model_files
from functions.transcribe.chunk_decoder import ChunkDecoder
from functions.transcribe.code_switching import (
    SpeechGroup,
    group_speech,
    merge_groups,
    most_likely_languages,
)
from functions.transcribe.decode_request import DecodeRequest
from functions.transcribe.fallback import decode_with_fallback
from functions.transcribe.gap_recovery import fill_gaps
from functions.transcribe.hallucination import MIN_LOGPROB_OF_SPEECH, logprob_of
from functions.transcribe.language_choice import languages_to_choose, probabilities_within
from functions.transcribe.stage import TranscribeParams
from functions.transcribe.timed_whisper import (
    MAX_CONTEXT,
    DecodedWindow,
    SpanTokenizer,
    TimedWhisperModel,
    context_frames,
    frame_count,
)
from functions.transcribe.windows import WINDOW_SECONDS, cut, fit_to_windows
from shared.model.artifacts import SAMPLE_RATE, Chunk, Interval, RecognizedSegment
from shared.model.audio import Samples, read_wav
from shared.model.contracts import Engine
from shared.model.errors import BadOption
from shared.model.intervals import round_times
from shared.model.languages import MULTI
from shared.settings import settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pyannote.audio warns that it cannot decode files: not needed
    import whisperx.asr
    import whisperx.diarize
    import whisperx.vads

logging.getLogger("whisperx").setLevel(logging.ERROR)  # it logs to stdout

MAX_PROMPT_TOKENS = 223
"""Tokens of context that Whisper was trained with."""


def load(name: str | None = None) -> "Whisper":
    """Returns the recogniser with the named model, or with the deployment's."""
    default = settings().inference.whisper_model
    return load_model(name or default)


@lru_cache(maxsize=1)
def load_model(name: str) -> "Whisper":
    """Returns the recogniser with the named model. The latest one stays in memory."""
    folder = model_files.find(
        name, settings().inference.models, settings().inference.download_models
    )
    device = settings().inference.device
    engine = Engine(
        name="whisperx",
        version=version("whisperx"),
        model=name,
        digest=model_files.digest(folder),
        device=device,
    )
    model = TimedWhisperModel(
        str(folder), device, settings().inference.compute_type, settings().inference.threads
    )
    return Whisper(model, engine, settings().inference.batch_size)


class Whisper:
    """A loaded model. The pipeline has the state of a single request, hence the lock."""

    def __init__(self, model: TimedWhisperModel, engine: Engine, batch_size: int) -> None:
        self.engine = engine
        self.languages = frozenset(model.supported_languages)
        self.lock = threading.Lock()
        self.model = model
        self.batch_size = batch_size
        self.vad = FixedWindows()
        printed = io.StringIO()  # whisperx prints that it was given a VAD
        with redirect_stdout(printed):
            self.pipeline = whisperx.asr.load_model(
                "", engine.device, model=model, vad_model=self.vad
            )
        self.options: TranscriptionOptions = self.pipeline.options

    def transcribe(
        self, audio: Path, speech: Sequence[Interval], language: str, params: TranscribeParams
    ) -> tuple[RecognizedSegment, ...]:
        """Returns the recognized segments of the speech, in order of time.

        Raises BadOption if the prompt and the hotwords are too long.
        """
        samples = read_wav(audio)
        duration = len(samples) / SAMPLE_RATE
        speech = tuple(fit_to_windows(speech, samples))
        chunk = Chunk(start=0, end=duration, speech=speech)
        decoder = ChunkDecoder(self.model, self.options, params, samples, speech)
        raise_if_prompt_too_long(params, decoder.tokenizer(language))
        if not speech:
            return ()
        with self.lock, self.model.reproducible_sampling():
            requests = self.plan_requests(decoder, language)
            segments = self.decode_windows(requests, decoder)
            segments = fill_gaps(segments, requests, chunk, decoder)
        return tuple(segment for segment in segments if segment.text)

    def plan_requests(self, decoder: ChunkDecoder, language: str) -> list[DecodeRequest]:
        """Returns the requests for the windows of the chunk, in order of time.

        `language` is the recording's main language.
        """
        runs: Iterable[tuple[str, Sequence[Interval]]] = [(language, decoder.speech)]
        if decoder.params.language == MULTI and len(self.languages) > 1:
            runs = self.runs_by_language(decoder, language)
        requests = []
        for code, speech in runs:
            for window in merge_into_windows(speech):
                frames = frame_count(window)
                is_padded = context_frames(frames) == MAX_CONTEXT
                request = DecodeRequest(window, code, is_padded=is_padded)
                requests.append(request)
        return requests

    def runs_by_language(
        self, decoder: ChunkDecoder, main: str
    ) -> Iterator[tuple[str, Sequence[Interval]]]:
        """Returns the speech in runs of one language, each with its language.

        `main` is the recording's main language. Raises BadOption if no language may be chosen.
        """
        allowed = self.languages_for(decoder.params)
        groups = group_speech(decoder.speech)
        guesses = []
        for group in groups:
            window = cut_group(decoder.samples, group)
            probabilities = self.model.language_probabilities(window)
            guess = probabilities_within(probabilities, allowed)
            guesses.append(guess)
        languages = most_likely_languages(guesses, main)
        return merge_groups(groups, languages)

    def languages_for(self, params: TranscribeParams) -> frozenset[str]:
        """Returns the languages that a speech interval may have. Raises BadOption if there are
        none."""
        chosen = params.languages
        model = self.engine.model
        return languages_to_choose(chosen, self.languages, model)

    def decode_windows(
        self, requests: Sequence[DecodeRequest], decoder: ChunkDecoder
    ) -> list[RecognizedSegment]:
        """Returns the best decoding of each request, in order of time."""
        segments: list[RecognizedSegment] = []
        windows = self.decode_batches(requests, decoder)
        for request in requests:
            decoded = windows[request]
            first = decoder.segment(request, decoded)
            best = decode_with_fallback(request, first, decoder)
            segments += best
        return segments

    def decode_batches(
        self, requests: Sequence[DecodeRequest], decoder: ChunkDecoder
    ) -> dict[DecodeRequest, DecodedWindow]:
        """Returns what whisperx's pipeline decodes for each request.

        The pipeline takes one language at a time, and a batch has one context.
        """
        decoded: dict[DecodeRequest, DecodedWindow] = {}
        for batch in batch_requests(requests):
            language = batch[0].language
            windows = self.run_pipeline(language, batch, decoder)
            pairs = zip(batch, windows, strict=True)
            decoded.update(pairs)
        return decoded

    def run_pipeline(
        self, language: str, requests: Sequence[DecodeRequest], decoder: ChunkDecoder
    ) -> list[DecodedWindow]:
        """Returns what whisperx's pipeline decodes for each request of one language."""
        windows = [request.window for request in requests]
        self.vad.windows = windows
        self.model.start_pass(windows)
        self.pipeline.tokenizer = decoder.tokenizer(language)
        self.pipeline.options = decoder.options
        self.pipeline.transcribe(decoder.samples, batch_size=self.batch_size)
        return self.model.decoded

    def language_probabilities(
        self, audio: Path, windows: Sequence[Sequence[Interval]]
    ) -> list[dict[str, float]]:
        """Returns for each window, a list of intervals, the probability of every language."""
        joined = read_windows(audio, windows)
        with self.lock:
            return list(map(self.model.language_probabilities, joined))

    def language_logprobs(
        self, audio: Path, windows: Sequence[Sequence[Interval]], languages: Sequence[str]
    ) -> dict[str, float]:
        """Returns for each language how probable the windows' texts in it are.

        It is the mean log probability of a token, averaged over the windows.
        """
        joined = read_windows(audio, windows)
        with self.lock:
            return self.text_logprobs(joined, languages)

    def text_logprobs(
        self, windows: Sequence[Samples], languages: Sequence[str]
    ) -> dict[str, float]:
        """Returns for each language the mean log probability of the windows' texts in it."""
        params = TranscribeParams()
        logprobs: defaultdict[str, list[float]] = defaultdict(list)
        for samples in windows:
            seconds = len(samples) / SAMPLE_RATE
            whole = Interval(start=0, end=seconds)
            decoder = ChunkDecoder(self.model, self.options, params, samples, (whole,))
            for code in languages:
                request = DecodeRequest(whole, code)
                segment = decoder.decode(request)
                logprob = logprob_as_evidence(segment)
                logprobs[code].append(logprob)
        return {code: fmean(values) for code, values in logprobs.items()}


class FixedWindows(whisperx.vads.Vad):  # type: ignore[misc]
    """Gives whisperx's pipeline fixed windows instead of a voice activity detection.

    prepare has detected the speech already.
    """

    def __init__(self) -> None:
        super().__init__(vad_onset=0.5)  # required, but without effect
        self.windows: Sequence[Interval] = ()

    @staticmethod
    def preprocess_audio(audio: Samples) -> Samples:
        return audio

    def __call__(self, audio: dict[str, Any]) -> list[dict[str, Any]]:
        return [window.model_dump() for window in self.windows]

    @staticmethod
    def merge_chunks(
        windows: list[dict[str, Any]], chunk_size: float, onset: float, offset: float
    ) -> list[dict[str, Any]]:
        return windows


def batch_requests(requests: Iterable[DecodeRequest]) -> list[list[DecodeRequest]]:
    """Returns the requests in batches, each of one language and one length of context."""
    batches: defaultdict[tuple[str, int], list[DecodeRequest]] = defaultdict(list)
    for request in requests:
        frames = frame_count(request.window)
        context = context_frames(frames)
        batch = batches[request.language, context]
        batch.append(request)
    return list(batches.values())


def raise_if_prompt_too_long(params: TranscribeParams, tokenizer: SpanTokenizer) -> None:
    """Raises BadOption where Whisper would silently drop the beginning of the prompt."""
    tokens = 0
    for text in (params.initial_prompt, params.hotwords):
        if text:
            tokens += len(tokenizer.encode(text))
    if tokens > MAX_PROMPT_TOKENS:
        raise BadOption(
            f"initial-prompt and hotwords have {tokens} of Whisper's tokens together; "
            f"expected at most {MAX_PROMPT_TOKENS}"
        )


def logprob_as_evidence(segment: RecognizedSegment) -> float:
    """Returns the segment's log probability, or a low one if its text is repetitive: repetitions
    are probable in any language."""
    logprob = logprob_of(segment)
    if "repetitive" in segment.quality_flags:
        return min(logprob, MIN_LOGPROB_OF_SPEECH)
    return logprob


def cut_group(samples: Samples, group: SpeechGroup) -> Samples:
    """Returns the samples from the group's start to its end, with its pauses."""
    first = group[0]
    last = group[-1]
    extent = Interval(start=first.start, end=last.end)
    return cut(samples, extent)


def merge_into_windows(speech: Sequence[Interval]) -> list[Interval]:
    """Returns windows of neighbouring speech intervals, merged by whisperx."""
    segments = [whisperx.diarize.Segment(interval.start, interval.end) for interval in speech]
    merged = whisperx.vads.Vad.merge_chunks(segments, WINDOW_SECONDS, onset=0.5, offset=None)
    windows = []
    for window in merged:
        interval = Interval(start=window["start"], end=window["end"])
        rounded = round_times(interval)
        windows.append(rounded)
    return windows


def read_windows(audio: Path, windows: Sequence[Sequence[Interval]]) -> list[Samples]:
    """Returns the samples of each window, which is a list of intervals of the audio."""
    samples = read_wav(audio)
    return [join_intervals(samples, window) for window in windows]


def join_intervals(samples: Samples, intervals: Sequence[Interval]) -> Samples:
    """Returns the samples of the intervals one after the other, at most `WINDOW_SECONDS`."""
    parts = [cut(samples, interval) for interval in intervals]
    joined = np.concatenate(parts)
    longest = int(WINDOW_SECONDS * SAMPLE_RATE)
    return joined[:longest]
