"""Reads the form of a request for a transcription as OpenAI's clients send it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from pydantic import JsonValue

from functions.gateway.held_requests import formats_with
from functions.gateway.recording_form import as_boolean
from shared.model.errors import UploadRefused
from shared.model.option_names import exact_option
from shared.model.option_values import as_list
from shared.model.options import option_names

Task = Literal["transcribe", "translate"]
ResponseFormat = Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"]
Granularity = Literal["segment", "word"]

DIARIZED = "diarized_json"
SUBTITLES = ("srt", "vtt")
"""Formats that are answered as finalize has written them."""
SPEAKER_OPTIONS = frozenset({"diarize", "speakers", "min-speakers", "max-speakers"})
"""Our own options by which a client asks for speakers, whatever the format."""
NOT_KNOWN = ("known_speaker_names", "known_speaker_references")
"""Fields that are refused: their absence from the answer would look like a recognised voice."""
IGNORED = ("model", "temperature", "include", "chunking_strategy")
"""Fields that change nothing. `model` is also the name of an option, which they do not set."""
MAX_PROMPT = 2000
"""Characters of a prompt that are used, from its end, as OpenAI uses its last 224 tokens."""

Fields = Mapping[str, list[str]]
"""Values of the fields by their names, in the order of the form."""


@dataclass(frozen=True)
class AskedTranscription:
    """What a form asks for beside its recording."""

    response_format: ResponseFormat
    granularities: frozenset[Granularity]
    is_streamed: bool
    options: dict[str, JsonValue]
    """Options that OpenAI's fields mean, by their names."""
    further_fields: tuple[tuple[str, str], ...]
    """Fields that OpenAI does not have, among which are our own options."""


def read_fields(fields: Iterable[tuple[str, str]], task: Task) -> AskedTranscription:
    """Returns what the fields of a form ask for. Raises UploadRefused."""
    by_name, further = split_fields(fields, task)
    for name in NOT_KNOWN:
        if has_text(by_name, name):
            raise UploadRefused(f"{name}: this deployment recognises no voices by their samples")
    response_format = read_format(by_name, task)
    is_streamed = as_boolean("stream", last(by_name, "stream"))
    if is_streamed and response_format in SUBTITLES:
        raise UploadRefused(f"stream: is not possible with response_format={response_format}")
    refuse_other_formats(response_format, further)
    return AskedTranscription(
        response_format=response_format,
        granularities=read_granularities(by_name),
        is_streamed=is_streamed,
        options=read_options(by_name, further, response_format, task),
        further_fields=tuple(further),
    )


def split_fields(
    fields: Iterable[tuple[str, str]], task: Task
) -> tuple[Fields, list[tuple[str, str]]]:
    """Returns the values of OpenAI's fields by name, and all other fields. Lists are sent as
    `name[]`, and by some clients as `name`."""
    own = {"language", "languages", "prompt", "keywords", "response_format", "stream"}
    own |= {"timestamp_granularities", *NOT_KNOWN, *IGNORED}
    if task == "translate":
        own.add("task")
    by_name: dict[str, list[str]] = {}
    further = []
    for field, value in fields:
        name = field.removesuffix("[]")
        if name in own:
            by_name.setdefault(name, []).append(value)
        else:
            further.append((field, value))
    return by_name, further


def last(fields: Fields, name: str) -> str:
    """Returns the last value of a field, or an empty text if it has none."""
    values = fields.get(name, [""])
    text = values[-1]
    return text.strip()


def has_text(fields: Fields, name: str) -> bool:
    values = fields.get(name, [])
    joined = "".join(values)
    return joined.strip() != ""


def listed(fields: Fields, name: str) -> list[str]:
    """Returns the values of a list, which may also be one text with commas, or in JSON."""
    values: list[str] = []
    for text in fields.get(name, []):
        try:
            values += as_list(text)
        except (TypeError, ValueError) as error:
            raise UploadRefused(f"{name}: is not a list of texts") from error
    return values


def read_format(fields: Fields, task: Task) -> ResponseFormat:
    """Returns the format of the answer. Raises UploadRefused."""
    formats = list(get_args(ResponseFormat))
    if task == "translate":
        formats.remove(DIARIZED)
    response_format = last(fields, "response_format") or "json"
    if response_format not in formats:
        raise UploadRefused(f"response_format: expected one of {', '.join(formats)}")
    return cast(ResponseFormat, response_format)


def read_granularities(fields: Fields) -> frozenset[Granularity]:
    """Returns which times the answer has in verbose_json. Raises UploadRefused."""
    granularities = listed(fields, "timestamp_granularities") or ["segment"]
    if not set(granularities) <= set(get_args(Granularity)):
        raise UploadRefused("timestamp_granularities: expected segment, word or both")
    return frozenset(cast(list[Granularity], granularities))


def read_options(
    fields: Fields,
    further: list[tuple[str, str]],
    response_format: ResponseFormat,
    task: Task,
) -> dict[str, JsonValue]:
    """Returns the options that the fields mean.

    Only diarized_json has speakers, so the others are answered without waiting for diarization
    unless one of our own options asks for it.
    """
    options: dict[str, JsonValue] = {}
    if task == "translate":
        options["task"] = task
    language = last(fields, "language")
    if language:
        options["language"] = language
    languages: list[JsonValue] = list(listed(fields, "languages"))
    if languages:
        options["languages"] = languages
    prompt = last(fields, "prompt")
    if prompt:
        options["initial-prompt"] = prompt[-MAX_PROMPT:]
    keywords = fields.get("keywords", [])
    if has_text(fields, "keywords"):
        options["hotwords"] = ", ".join(keywords)
    own_options = {exact_option(field, option_names()) for field, _ in further}
    if response_format == DIARIZED:
        options["diarize"] = True
    elif not SPEAKER_OPTIONS & own_options:
        options["diarize"] = False
    if response_format in SUBTITLES and "formats" not in own_options:
        options["formats"] = formats_with(response_format)
    return options


def refuse_other_formats(
    response_format: ResponseFormat, fields: Iterable[tuple[str, str]]
) -> None:
    """Raises UploadRefused if the option `formats` leaves out the captions that are asked for."""
    if response_format not in SUBTITLES:
        return
    for field, value in fields:
        if exact_option(field, option_names()) == "formats" and response_format not in value:
            raise UploadRefused(
                f"formats: {response_format} is missing, for which response_format asks"
            )
