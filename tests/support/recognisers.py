"""A recogniser that hears the same everywhere, and the files of a recording for it."""

from collections.abc import Sequence
from pathlib import Path

from functions.transcribe.stage import TranscribeParams
from shared.model.artifacts import (
    Chunk,
    Interval,
    Manifest,
    Media,
    ProbeWindow,
    QualityFlag,
    RecognizedSegment,
    RecognizedWord,
)
from shared.model.contracts import Engine


class Parrot:
    """Says "hello" in each region it is given, and knows the languages it was told."""

    def __init__(self, *languages: str, guesses: Sequence[dict[str, float]] = ()) -> None:
        self.engine = Engine(name="parrot", version="1", model="tiny")
        self.languages = frozenset(languages)
        self.guesses = list(guesses)
        self.asked: list[Sequence[Interval]] = []

    def transcribe(
        self, audio: Path, speech: Sequence[Interval], language: str, params: TranscribeParams
    ) -> tuple[RecognizedSegment, ...]:
        assert speech, "a chunk without speech is not for the model"
        return tuple(segment("hello", s.start, s.end, language=language) for s in speech)

    def guess(self, audio: Path, windows: Sequence[Sequence[Interval]]) -> list[dict[str, float]]:
        self.asked += windows
        return [self.guesses.pop(0) for _ in windows]


def segment(
    text: str = "hello",
    start: float = 0.0,
    end: float = 5.0,
    language: str = "en",
    avg_logprob: float = -0.1,
    compression_ratio: float = 1.0,
    no_speech_prob: float | None = None,
    quality_flags: tuple[QualityFlag, ...] = (),
) -> RecognizedSegment:
    """Its words fill it."""
    words = text.split()
    length = (end - start) / max(1, len(words))
    return RecognizedSegment(
        start=start,
        end=end,
        language=language,
        text=text,
        avg_logprob=avg_logprob,
        compression_ratio=compression_ratio,
        no_speech_prob=no_speech_prob,
        temperature=0.0,
        quality_flags=quality_flags,
        words=tuple(
            RecognizedWord(
                word=word, start=start + n * length, end=start + (n + 1) * length, probability=0.9
            )
            for n, word in enumerate(words)
        ),
    )


def manifest(folder: Path, chunks: Sequence[Chunk] = (), probe: Sequence[ProbeWindow] = ()) -> Path:
    media = Media(
        container="wav", codec="pcm_s16le", duration=120, sample_rate=16000, channels=1, bytes=1
    )
    path = folder / "manifest.json"
    finder = Engine(name="silero", version="1")
    made = Manifest(media=media, chunks=tuple(chunks), spans=(), probe=tuple(probe), engine=finder)
    path.write_text(made.model_dump_json())
    return path
