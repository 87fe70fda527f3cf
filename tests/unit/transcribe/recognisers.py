"""A recogniser that hears the same everywhere, and the files of a recording for it."""

from collections.abc import Sequence
from pathlib import Path

from functions.transcribe.stage import TranscribeParams
from shared.contracts import Engine
from shared.speech import Chunk, HeardSegment, Manifest, Media, Region, Window


class Parrot:
    """Says "hello" in each region it is given, and knows the languages it was told."""

    def __init__(self, *languages: str, guesses: Sequence[dict[str, float]] = ()) -> None:
        self.engine = Engine(name="parrot", version="1", model="tiny")
        self.languages = frozenset(languages)
        self.guesses = list(guesses)

    def transcribe(
        self, audio: Path, speech: Sequence[Region], language: str, params: TranscribeParams
    ) -> tuple[HeardSegment, ...]:
        assert speech, "a chunk without speech is not for the model"
        measures = {"avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": None}
        return tuple(HeardSegment(start=s.start, end=s.end, text="hello", words=(), **measures) for s in speech)

    def guess(self, audio: Path, windows: Sequence[Window]) -> list[dict[str, float]]:
        return [self.guesses.pop(0) for _ in windows]


def manifest(folder: Path, chunks: Sequence[Chunk] = (), probe: Sequence[Window] = ()) -> Path:
    media = Media(container="wav", codec="pcm_s16le", duration=120, sample_rate=16000, channels=1, bytes=1)
    path = folder / "manifest.json"
    finder = Engine(name="silero", version="1")
    made = Manifest(media=media, chunks=tuple(chunks), spans=(), probe=tuple(probe), engine=finder)
    path.write_text(made.model_dump_json())
    return path
