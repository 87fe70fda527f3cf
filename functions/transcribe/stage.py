"""A chunk of the recording and where speech is in it -> what was said, in segments of timed
words."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Literal, Protocol, cast

from shared.model.artifacts import (
    Chunk,
    Detection,
    Interval,
    Manifest,
    Recognition,
    RecognizedSegment,
    StageWarning,
)
from shared.model.contracts import Engine, Params
from shared.model.errors import BadOption, BadRequest
from shared.runtime.stage import Output, SingleOutput, StageInput
from shared.settings import settings

VERSION = "4"
"""Goes up when the same question would get another answer."""

MULTI = "multi"
"""In place of a language: each stretch of speech has its own."""


class ModelParams(Params):
    """Which model to use."""

    model: str | None = None
    """A model's name. None: the deployment's."""


class TranscribeParams(ModelParams):
    """How to hear a chunk."""

    language: str | None = None
    """A code as Whisper has it. None: the detected one. "multi": each stretch of speech has its
    own."""
    task: Literal["transcribe", "translate"] = "transcribe"
    """`translate` writes English whatever is spoken."""
    initial_prompt: str | None = None
    hotwords: str | None = None


class Recogniser(Protocol):
    """A loaded speech model."""

    @property
    def engine(self) -> Engine: ...

    @property
    def languages(self) -> frozenset[str]:
        """Codes of the languages it can write down."""

    def transcribe(
        self, audio: Path, speech: Sequence[Interval], language: str, params: TranscribeParams
    ) -> tuple[RecognizedSegment, ...]:
        """What is said in the regions of the audio. `language` is the main one where the params say
        "multi"."""

    def guess(self, audio: Path, windows: Sequence[Sequence[Interval]]) -> list[dict[str, float]]:
        """Returns each window's probability of every language. A window is made of stretches of the
        audio, joined."""


def load_recogniser(model: str | None = None) -> Recogniser:
    """Returns the loaded model of that name, or the deployment's."""
    load = resolve_name(settings().inference.transcriber)
    return cast(Recogniser, load(model))


def engine_of(params: ModelParams) -> Engine:
    """Returns the engine that answers a request with these parameters."""
    return load_recogniser(params.model).engine


def transcribe(
    task: StageInput[TranscribeParams], load: Callable[[str | None], Recogniser] = load_recogniser
) -> Iterator[Output]:
    """Yields `recognition`. `load` gives the model of a name; the deployment's when there is none."""
    chunk = chunk_of(
        Manifest.model_validate_json(task.files["manifest"].read_bytes()), task.params.part
    )
    recogniser = load(task.params.model)
    language = language_of(task)
    if language is not None:
        check(language, task.params, recogniser)
    segments = said(task, recogniser, speech_in(chunk), language)
    warnings = tuple(warned(task.params, recogniser)) if segments else ()
    yield SingleOutput(
        "recognition", Recognition(segments=segments, engine=recogniser.engine, warnings=warnings)
    )


def chunk_of(manifest: Manifest, part: int) -> Chunk:
    if part >= len(manifest.chunks):
        raise BadRequest(f"part {part} of {len(manifest.chunks)} chunks")
    return manifest.chunks[part]


def language_of(task: StageInput[TranscribeParams]) -> str | None:
    """The one asked for, or the one detected. None in a recording where nobody speaks."""
    if task.params.language not in (None, MULTI):
        return task.params.language
    if "language" not in task.files:
        return None
    return Detection.model_validate_json(task.files["language"].read_bytes()).code


def check(language: str, params: TranscribeParams, recogniser: Recogniser) -> None:
    """Refuse what the model would get wrong without a word."""
    if language not in recogniser.languages:
        known = ", ".join(sorted(recogniser.languages))
        raise BadOption(
            f"language: the model {recogniser.engine.model!r} does not know {language!r}, only {known}"
        )
    if params.task == "translate" and recogniser.languages == {"en"}:
        raise BadOption(
            f"task: the model {recogniser.engine.model!r} hears English only and cannot translate"
        )


def warned(params: TranscribeParams, recogniser: Recogniser) -> Iterator[StageWarning]:
    """Yields what was asked for and could not be done."""
    if params.language == MULTI and len(recogniser.languages) == 1:
        (only,) = recogniser.languages
        message = f"The model {recogniser.engine.model!r} knows {only!r} only: language=multi changed nothing."
        yield StageWarning(code="one_language", stage="transcribe", message=message)


def speech_in(chunk: Chunk) -> tuple[Interval, ...]:
    """The chunk's speech in the chunk's own time."""
    return tuple(
        Interval(start=s.start - chunk.start, end=s.end - chunk.start) for s in chunk.speech
    )


def said(
    task: StageInput[TranscribeParams],
    recogniser: Recogniser,
    speech: Sequence[Interval],
    language: str | None,
) -> tuple[RecognizedSegment, ...]:
    if not speech:
        return ()
    if language is None:
        raise BadRequest(
            "there is speech, but neither params.language nor inputs.language names its language"
        )
    return recogniser.transcribe(task.files["audio"], speech, language, task.params)
