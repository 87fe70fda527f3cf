"""Decodes any window of one chunk, as often and in as many ways as needed."""

from collections.abc import Sequence
from dataclasses import replace

from faster_whisper.transcribe import TranscriptionOptions, get_compression_ratio

from functions.transcribe.decode_request import DecodeRequest
from functions.transcribe.hallucination import final_flags, quality_flags
from functions.transcribe.stage import TranscribeParams
from functions.transcribe.timed_whisper import (
    DecodedWindow,
    Encoding,
    SpanTokenizer,
    TimedWhisperModel,
    frame_count,
)
from functions.transcribe.windows import cut, peak, quietest_point
from functions.transcribe.words import join_words, one_line, place_words
from shared.model.artifacts import Interval, RecognizedSegment
from shared.model.audio import Samples
from shared.model.spacing import is_punctuation


class ChunkDecoder:
    """The samples and speech of a chunk, the request's parameters, and the model.

    It is made for one request and keeps the encoder's output of the latest window.
    """

    def __init__(
        self,
        model: TimedWhisperModel,
        options: TranscriptionOptions,
        params: TranscribeParams,
        samples: Samples,
        speech: Sequence[Interval],
    ) -> None:
        self.model = model
        self.params = params
        self.samples = samples
        self.speech = speech
        self.options = replace(
            options, initial_prompt=params.initial_prompt, hotwords=params.hotwords
        )
        self.encoding_key: tuple[Interval, bool] | None = None
        self.encoding: Encoding = None

    def decode(self, request: DecodeRequest) -> RecognizedSegment:
        """Returns the recognized segment, with its quality flags."""
        options = self.options
        if not request.with_prompt:
            options = replace(options, initial_prompt=None, hotwords=None)
        (decoded,) = self.model.decode(
            self.encode(request),
            [frame_count(request.window)],
            self.tokenizer(request.language),
            options,
            request.temperature,
        )
        return self.segment(request, decoded)

    def encode(self, request: DecodeRequest) -> Encoding:
        """Returns the encoder's output for the request's window."""
        key = (request.window, request.is_padded)
        if key == self.encoding_key:
            return self.encoding
        samples = cut(self.samples, request.window)
        encoding = self.model.encode_samples(samples, request.is_padded)
        self.encoding_key = key
        self.encoding = encoding
        return encoding

    def tokenizer(self, language: str) -> SpanTokenizer:
        return SpanTokenizer(
            self.model.hf_tokenizer,
            self.model.model.is_multilingual,
            self.params.task,
            language,
        )

    def segment(self, request: DecodeRequest, decoded: DecodedWindow) -> RecognizedSegment:
        """Returns what was decoded as a segment in chunk time, with its quality flags."""
        window = request.window
        language = "en" if self.params.task == "translate" else request.language
        spans = join_words(decoded.spans, language)
        words = tuple(place_words(spans, window, self.speech))
        text = one_line(decoded.spans)
        if is_punctuation(text):
            words = ()
            text = ""
        segment = RecognizedSegment(
            start=window.start,
            end=window.end,
            language=language,
            text=text,
            avg_logprob=decoded.avg_logprob,
            compression_ratio=get_compression_ratio(text),
            no_speech_prob=decoded.no_speech_prob,
            temperature=request.temperature,
            words=words,
        )
        flags = quality_flags(
            segment,
            self.speech_seconds(window),
            self.prompt(request),
            peak(cut(self.samples, window)),
        )
        return segment.model_copy(update={"quality_flags": flags})

    def with_final_flags(self, segment: RecognizedSegment) -> RecognizedSegment:
        """Returns the segment with the flags that count when no better decoding was found."""
        window = Interval(start=segment.start, end=segment.end)
        seconds = self.speech_seconds(window)
        flags = final_flags(segment, seconds)
        return segment.model_copy(update={"quality_flags": flags})

    def speech_seconds(self, window: Interval) -> float:
        """Returns the seconds of speech in the window."""
        overlaps = []
        for interval in self.speech:
            start = max(interval.start, window.start)
            end = min(interval.end, window.end)
            if start < end:
                overlap = end - start
                overlaps.append(overlap)
        return sum(overlaps)

    def prompt(self, request: DecodeRequest) -> str:
        """Returns the prompt text that the decoder may repeat."""
        if not request.with_prompt:
            return ""
        texts = []
        if self.params.hotwords:
            texts.append(self.params.hotwords)
        if self.params.initial_prompt:
            texts.append(self.params.initial_prompt)
        return " ".join(texts)

    def halve(self, request: DecodeRequest) -> tuple[DecodeRequest, DecodeRequest]:
        """Returns two requests for the halves of the window, cut where its middle third is
        quietest."""
        start = request.window.start
        end = request.window.end
        third = (end - start) / 3
        earliest = start + third
        latest = end - third
        middle = quietest_point(self.samples, earliest, latest)
        first = replace(request, window=Interval(start=start, end=middle))
        second = replace(request, window=Interval(start=middle, end=end))
        return first, second
