"""A recogniser without a model, its segments, and manifests for the stages that use it."""

from collections.abc import Mapping, Sequence
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


class FakeRecogniser:
    """Recognizes "hello" in each speech interval, and gives the guesses one after the other."""

    def __init__(
        self,
        *languages: str,
        guesses: Sequence[dict[str, float]] = (),
        logprobs: Mapping[str, float] | None = None,
    ) -> None:
        self.engine = Engine(name="fake", version="1", model="tiny")
        self.languages = frozenset(languages)
        self.guesses = list(guesses)
        self.logprobs = logprobs or {}
        self.windows: list[Sequence[Interval]] = []
        self.compared: list[Sequence[Interval]] = []

    def transcribe(
        self, audio: Path, speech: Sequence[Interval], language: str, params: TranscribeParams
    ) -> tuple[RecognizedSegment, ...]:
        assert speech, "the stage must not call the model for a chunk without speech"
        segments = []
        for interval in speech:
            segments.append(segment("hello", interval.start, interval.end, language=language))
        return tuple(segments)

    def language_probabilities(
        self, audio: Path, windows: Sequence[Sequence[Interval]]
    ) -> list[dict[str, float]]:
        self.windows += windows
        return [self.guesses.pop(0) for _ in windows]

    def language_logprobs(
        self, audio: Path, windows: Sequence[Sequence[Interval]], languages: Sequence[str]
    ) -> dict[str, float]:
        self.compared += windows
        return {code: self.logprobs.get(code, -1.0) for code in languages}


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
    """Returns a segment whose words share its time equally."""
    texts = text.split()
    length = (end - start) / max(1, len(texts))
    words = []
    for index, word in enumerate(texts):
        word_start = start + index * length
        word_end = start + (index + 1) * length
        words.append(RecognizedWord(word=word, start=word_start, end=word_end, probability=0.9))
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
        words=tuple(words),
    )


def write_manifest(
    folder: Path, chunks: Sequence[Chunk] = (), probe: Sequence[ProbeWindow] = ()
) -> Path:
    """Writes the manifest of a recording of two minutes. Returns its path."""
    media = Media(
        container="wav", codec="pcm_s16le", duration=120, sample_rate=16000, channels=1, bytes=1
    )
    vad = Engine(name="silero", version="1")
    manifest = Manifest(media=media, chunks=tuple(chunks), spans=(), probe=tuple(probe), engine=vad)
    path = folder / "manifest.json"
    path.write_text(manifest.model_dump_json())
    return path
