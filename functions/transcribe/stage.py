"""The stage transcribe: finds the words of a chunk."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Literal, Protocol, cast

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
from shared.model.languages import MULTI
from shared.runtime.spans import trace_span
from shared.runtime.stage import Output, SingleOutput, StageInput
from shared.settings import settings

VERSION = "7"
"""Increase it whenever the same request would get a different result."""


class ModelParams(Params):
    """Parameters of the stages that use the speech model."""

    model: str | None = None
    """The model's name. None: the deployment's model."""
    languages: tuple[str, ...] = ()
    """Codes of the languages that detection chooses from. Empty: all of the model's."""


class TranscribeParams(ModelParams):
    """How to transcribe a chunk."""

    language: str | None = None
    """One of Whisper's language codes. None: the detected language. "multi": each speech interval
    has its own language."""
    task: Literal["transcribe", "translate"] = "transcribe"
    """`translate`: the text is English, whatever language is spoken."""
    initial_prompt: str | None = None
    hotwords: str | None = None


class Recogniser(Protocol):
    """A loaded speech model."""

    @property
    def engine(self) -> Engine: ...

    @property
    def languages(self) -> frozenset[str]:
        """Codes of the languages that the model supports."""

    def transcribe(
        self, audio: Path, speech: Sequence[Interval], language: str, params: TranscribeParams
    ) -> tuple[RecognizedSegment, ...]:
        """Returns the recognized segments of the speech, in order of time.

        `language` is the main language, also where `params.language` is "multi".
        """

    def language_probabilities(
        self, audio: Path, windows: Sequence[Sequence[Interval]]
    ) -> list[dict[str, float]]:
        """Returns for each window the probability of every language.

        A window is a list of intervals of the audio, which are joined.
        """

    def language_logprobs(
        self, audio: Path, windows: Sequence[Sequence[Interval]], languages: Sequence[str]
    ) -> dict[str, float]:
        """Returns for each language how probable the windows' texts in it are.

        It is the mean log probability of a token, averaged over the windows.
        """


LoadRecogniser = Callable[[str | None], Recogniser]
"""Returns the recogniser with the named model; None is the deployment's model."""


def load_recogniser(model: str | None = None) -> Recogniser:
    """Returns the recogniser that the settings name, with the named or the deployment's model."""
    name = settings().inference.transcriber
    load = resolve_name(name)
    recogniser = load(model)
    return cast(Recogniser, recogniser)


def engine_of(params: ModelParams) -> Engine:
    """Returns the engine that computes the result of a request with these parameters."""
    recogniser = load_recogniser(params.model)
    return recogniser.engine


def transcribe(
    stage_input: StageInput[TranscribeParams], load: LoadRecogniser = load_recogniser
) -> Iterator[Output]:
    """Yields the chunk's Recognition. Raises BadRequest or BadOption if the request is wrong."""
    params = stage_input.params
    chunk = read_chunk(stage_input)
    recogniser = load(params.model)
    language = main_language(stage_input)
    if language is not None:
        raise_if_unsupported(language, params, recogniser)
    segments: tuple[RecognizedSegment, ...] = ()
    if chunk.speech:
        if language is None:
            raise BadRequest(
                "the chunk has speech, but neither params.language nor inputs.language names its "
                "language"
            )
        audio = stage_input.files["audio"]
        with trace_span("model transcribe"):
            segments = recogniser.transcribe(audio, speech_in_chunk_time(chunk), language, params)
    warnings = option_warnings(params, recogniser) if segments else ()
    recognition = Recognition(segments=segments, engine=recogniser.engine, warnings=warnings)
    yield SingleOutput("recognition", recognition)


def read_chunk(stage_input: StageInput[TranscribeParams]) -> Chunk:
    """Returns the chunk of the manifest that the request is about."""
    part = stage_input.params.part
    manifest = read_manifest(stage_input)
    chunks = manifest.chunks
    count = len(chunks)
    if part >= count:
        raise BadRequest(f"part {part} of {count} chunks")
    return chunks[part]


def read_manifest(stage_input: StageInput[Any]) -> Manifest:
    """Returns the manifest among the request's inputs."""
    path = stage_input.files["manifest"]
    content = path.read_bytes()
    return Manifest.model_validate_json(content)


def main_language(stage_input: StageInput[TranscribeParams]) -> str | None:
    """Returns the chosen language, or the detected one. None if there is neither."""
    chosen = stage_input.params.language
    if chosen is not None and chosen != MULTI:
        return chosen
    if "language" not in stage_input.files:
        return None
    content = stage_input.files["language"].read_bytes()
    return Detection.model_validate_json(content).code


def raise_if_unsupported(language: str, params: TranscribeParams, recogniser: Recogniser) -> None:
    """Raises BadOption where the model would silently produce wrong text."""
    model = recogniser.engine.model
    supported = recogniser.languages
    if language not in supported:
        codes = ", ".join(sorted(supported))
        raise BadOption(
            f"language is {language!r}; expected one that the model {model!r} supports, "
            f"which are only {codes}"
        )
    if params.task == "translate" and supported == {"en"}:
        raise BadOption(
            f"task is 'translate'; expected transcribe, since the model {model!r} supports only "
            "English and cannot translate"
        )


def option_warnings(params: TranscribeParams, recogniser: Recogniser) -> tuple[StageWarning, ...]:
    """Returns warnings about options without effect."""
    if params.language != MULTI or len(recogniser.languages) > 1:
        return ()
    (only,) = recogniser.languages
    model = recogniser.engine.model
    message = f"The model {model!r} knows {only!r} only: language=multi changed nothing."
    return (StageWarning(code="one_language", stage="transcribe", message=message),)


def speech_in_chunk_time(chunk: Chunk) -> list[Interval]:
    """Returns the chunk's speech, in seconds from the start of the chunk."""
    speech = []
    for interval in chunk.speech:
        start = interval.start - chunk.start
        end = interval.end - chunk.start
        moved = Interval(start=start, end=end)
        speech.append(moved)
    return speech
