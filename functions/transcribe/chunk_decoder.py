"""One chunk being heard: any window of it can be decoded, and decoded again in another way."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from faster_whisper.transcribe import TranscriptionOptions, get_compression_ratio

from functions.transcribe.decode_request import Take
from functions.transcribe.hallucination import doubts, standing
from functions.transcribe.sound import Audio, loudest, part, quietest
from functions.transcribe.stage import TranscribeParams
from functions.transcribe.timed_whisper import Decoded, PieceTokenizer, TimedWhisperModel, frames
from functions.transcribe.words import WITHOUT_SPACES, is_mark, placed, words
from shared.model.artifacts import Interval, RecognizedSegment


class Hearing:
    """The sound of a chunk, its speech, what was asked, and the model. It ends with the request."""

    def __init__(
        self,
        model: TimedWhisperModel,
        options: TranscriptionOptions,
        params: TranscribeParams,
        sound: Audio,
        speech: Sequence[Interval],
    ) -> None:
        self.model = model
        self.options = replace(
            options, initial_prompt=params.initial_prompt, hotwords=params.hotwords
        )
        self.params = params
        self.sound = sound
        self.speech = speech
        self.last: tuple[Interval, Any] | None = None

    def encoded(self, window: Interval) -> Any:
        """The encoder's output. Kept for the next take of the same window."""
        if self.last is None or self.last[0] != window:
            self.last = window, self.model.encode(self.model.spectrogram(part(self.sound, window)))
        return self.last[1]

    def tokenizer(self, language: str) -> PieceTokenizer:
        return PieceTokenizer(
            self.model.hf_tokenizer, self.model.model.is_multilingual, self.params.task, language
        )

    def decode(self, take: Take) -> RecognizedSegment:
        options = (
            self.options
            if take.prompted
            else replace(self.options, initial_prompt=None, hotwords=None)
        )
        lengths = [frames(take.window.end - take.window.start)]
        encoded, tokenizer = self.encoded(take.window), self.tokenizer(take.language)
        (decoded,) = self.model.decode(encoded, lengths, tokenizer, options, take.temperature)
        return self.segment(take, decoded)

    def segment(self, take: Take, decoded: Decoded) -> RecognizedSegment:
        """What was decoded, in the chunk's time, and judged."""
        language = "en" if self.params.task == "translate" else take.language
        spaces = language not in WITHOUT_SPACES
        timed = tuple(placed(words(decoded.pieces, spaces), take.window, self.speech))
        text = (" " if spaces else "").join(word.word for word in timed)
        if is_mark(text):  # no word is in it
            timed, text = (), ""
        heard = RecognizedSegment(
            start=take.window.start,
            end=take.window.end,
            language=language,
            text=text,
            avg_logprob=decoded.avg_logprob,
            compression_ratio=get_compression_ratio(text),
            no_speech_prob=decoded.no_speech_prob,
            temperature=take.temperature,
            words=timed,
        )
        found = doubts(
            heard, self.spoken(heard), self.told(take), loudest(part(self.sound, take.window))
        )
        return heard.model_copy(update={"quality_flags": found})

    def settled(self, segment: RecognizedSegment) -> RecognizedSegment:
        """With the doubts that stand, as nothing better was found."""
        return segment.model_copy(update={"quality_flags": standing(segment, self.spoken(segment))})

    def spoken(self, segment: RecognizedSegment) -> float:
        """Seconds of speech in it."""
        return sum(
            max(0.0, min(s.end, segment.end) - max(s.start, segment.start)) for s in self.speech
        )

    def told(self, take: Take) -> str:
        """What might leak."""
        return (
            " ".join(filter(None, (self.params.hotwords, self.params.initial_prompt)))
            if take.prompted
            else ""
        )

    def halves(self, take: Take) -> tuple[Take, Take]:
        """The window, cut where its middle third is quietest."""
        start, end = take.window.start, take.window.end
        cut = quietest(self.sound, start + (end - start) / 3, end - (end - start) / 3)
        return (
            replace(take, window=Interval(start=start, end=cut)),
            replace(take, window=Interval(start=cut, end=end)),
        )
