"""The options of a recording: where they come from, and which stages they are passed to.

Options come from the object's metadata, over the nearest options.json, over the deployment's
defaults. Each stage is passed only the options that change its result.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)

from shared.model.caption_options import CaptionOptions
from shared.model.contracts import ResolvedOption, WireModel
from shared.model.errors import BadOption
from shared.model.formats import DEFAULT_FORMATS, FORMATS
from shared.model.languages import MULTI
from shared.model.option_names import exact_option, hyphenated, resembled_option
from shared.model.option_values import (
    Expects,
    as_count,
    as_language,
    as_list,
    as_lower_case,
    as_name,
    as_object,
    as_text,
    as_track,
    known_codes,
    known_formats,
    known_languages,
    shown,
    within_limits,
)
from shared.model.stages import STAGES

MAX_ERRORS = 5
"""Errors that a problem lists: it has to pass through the workflow's memory."""
MAX_NAME_LENGTH = 100
"""Characters of an unknown name that a problem shows."""
TOGETHER = "the options together"
"""Origin of an error that no single option makes."""


class PassedTo:
    """Marks an option that is a parameter of these stages, under the same name.

    A stage runs again when one of its parameters changes, so only stages whose result depends on
    the option are listed. finalize is passed all options.
    """

    def __init__(self, *stages: str) -> None:
        self.stages = stages


Count = Annotated[int | None, BeforeValidator(as_count), Expects("a whole number from 1 to 50")]
"""A number of speakers. None: unknown."""


class TranscriptionOptions(WireModel):
    """The options that decide what the transcript says, and what is made of it."""

    model_config = ConfigDict(alias_generator=hyphenated, populate_by_name=True)

    language: Annotated[
        str | None,
        PassedTo("transcribe"),
        BeforeValidator(as_language),
        Expects(f"one language such as en, en-US or English, auto, or multi; {known_codes()}"),
    ] = None
    """Whisper's code, or "multi": detected for each segment. None: detected for the recording."""
    languages: Annotated[
        tuple[str, ...],
        PassedTo("detect", "transcribe"),
        BeforeValidator(as_list),
        AfterValidator(known_languages),
        Expects("a list of languages such as en, de"),
    ] = ()
    """Whisper's codes of the languages that detection chooses from. Empty: all."""
    model: Annotated[
        str | None,
        PassedTo("detect", "transcribe"),
        BeforeValidator(as_name),
        Expects("the name of a model, such as large-v3 or owner/name"),
    ] = Field(default=None, pattern=r"^[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?$")
    """Name of the speech model; only the deployment can choose a folder. None: the deployment's."""
    task: Annotated[
        Literal["transcribe", "translate", "detect"],
        PassedTo("transcribe", "align"),
        BeforeValidator(as_lower_case),
        Expects("transcribe, translate or detect"),
    ] = "transcribe"
    """translate writes English. detect only finds the language, and writes no text."""
    initial_prompt: Annotated[
        str | None,
        PassedTo("transcribe"),
        BeforeValidator(as_text),
        Expects("a text of at most 2000 characters"),
    ] = Field(default=None, max_length=2000)
    """Text as it might precede the recording: names, spelling, style."""
    hotwords: Annotated[
        str | None,
        PassedTo("transcribe"),
        BeforeValidator(as_text),
        Expects("a text of at most 1000 characters"),
    ] = Field(default=None, max_length=1000)
    """Words that are likely to be spoken."""
    channels: Annotated[
        Literal["mix", "split"],
        PassedTo("prepare"),
        BeforeValidator(as_lower_case),
        Expects("mix or split"),
    ] = "mix"
    """split: each channel is transcribed by itself and is one speaker."""
    track: Annotated[
        Annotated[int, Field(ge=1, le=100)] | Literal["all"] | None,
        PassedTo("prepare"),
        BeforeValidator(as_track),
        Expects("a whole number from 1 to 100, or all"),
    ] = None
    """Number of the sound track, from 1; all: all at once. None: the one that the container
    prefers."""
    diarize: Annotated[bool, BeforeValidator(as_lower_case), Expects("true or false")] = True
    """Distinguish the speakers."""
    speakers: Annotated[Count, PassedTo("diarize")] = Field(default=None, ge=1, le=50)
    """Number of speakers."""
    min_speakers: Annotated[Count, PassedTo("diarize")] = Field(default=None, ge=1, le=50)
    max_speakers: Annotated[Count, PassedTo("diarize")] = Field(default=None, ge=1, le=50)
    formats: Annotated[
        tuple[str, ...],
        BeforeValidator(as_list),
        AfterValidator(known_formats),
        Expects(f"a list of {', '.join(FORMATS)}"),
    ] = DEFAULT_FORMATS
    """Formats that are written beside transcript.json."""
    replacements: Annotated[
        dict[str, str],
        BeforeValidator(as_object),
        AfterValidator(within_limits),
        Expects('an object of texts such as {"teh": "the"}'),
    ] = {}
    """Text to find, and text to write in its place."""
    keep_audio: Annotated[bool, BeforeValidator(as_lower_case), Expects("true or false")] = True
    """False: the recording and the audio made from it are deleted after the answer is written."""

    @model_validator(mode="after")
    def speakers_agree(self) -> "TranscriptionOptions":
        """Returns the options. Raises ValueError if those for speakers contradict each other."""
        low, high = self.min_speakers, self.max_speakers
        if low is not None and high is not None and low > high:
            raise ValueError(
                f"min-speakers is {low} and max-speakers is {high}; expected no smaller maximum"
            )
        is_split = self.channels == "split"
        if is_split and self.speakers is not None:
            raise ValueError(
                f"speakers is {self.speakers} and channels is split; expected only one of them, "
                "since each channel is a speaker"
            )
        return self


class Options(CaptionOptions, TranscriptionOptions):
    """All options. On objects and in options.json their names are written with hyphens."""


def resolve(
    layers: Mapping[str, Mapping[str, JsonValue]],
) -> tuple[Options, dict[str, ResolvedOption]]:
    """Returns the options in force, and the value and origin of each by its hyphenated name.

    `layers` maps an origin to its options; a later layer overrides an earlier one, also a wrong
    value in it. Raises BadOption, which names the layer.
    """
    values: dict[str, JsonValue] = {}
    origins: dict[str, str] = {}
    for origin, layer in layers.items():
        named = named_options(layer, origin)
        values.update(named)
        origins.update(dict.fromkeys(named, origin))
    options = parse_options(values, origins)
    resolved = {}
    in_force = options.model_dump(mode="json", by_alias=True)
    for name, value in in_force.items():
        origin = origins.get(name, "built in")
        resolved[name] = ResolvedOption(value=value, origin=origin)
    return options, resolved


def option_values(resolved: Mapping[str, ResolvedOption]) -> Options:
    """Returns the values of resolved options. Raises BadOption if one is unknown or wrong."""
    values = {name: option.value for name, option in resolved.items()}
    origin = "the resolved options"
    named = named_options(values, origin)
    return parse_options(named, dict.fromkeys(named, origin))


def named_options(layer: Mapping[str, JsonValue], origin: str) -> dict[str, JsonValue]:
    """Returns the values of a layer by their options' names.

    Raises BadOption if a name is unknown, or if two of them write the same option and differ in
    their values.
    """
    names = option_names()
    values: dict[str, JsonValue] = {}
    errors = []
    for key, value in layer.items():
        name = exact_option(key, names)
        if name is None:
            errors.append(unknown_option(key))
        elif name in values and values[name] != value:
            errors.append(f"{name} is both {shown(values[name])} and {shown(value)}")
        else:
            values[name] = value
    if errors:
        text = "; ".join(errors[:MAX_ERRORS])
        raise BadOption(f"{origin}: {text}")
    return values


def unknown_option(key: str) -> str:
    """Returns that there is no such option, and which one is probably meant."""
    names = option_names()
    name = key[:MAX_NAME_LENGTH]
    hint = ""
    resembled = resembled_option(key, names)
    if resembled:
        hint = f"; did you mean {resembled!r}?"
    known = ", ".join(sorted(names))
    return f"there is no option {name!r}{hint} (known: {known})"


def parse_options(values: Mapping[str, JsonValue], origins: Mapping[str, str]) -> Options:
    """Returns the options with these values by their names. An empty value is the built-in one.

    Raises BadOption, which names wrong values and their origins.
    """
    given = {name: value for name, value in values.items() if not is_blank(name, value)}
    try:
        return Options.model_validate(given)
    except ValidationError as error:
        descriptions = describe_errors(error, given, origins)
        text = "; ".join(descriptions[:MAX_ERRORS])
        raise BadOption(text) from error


def describe_errors(
    error: ValidationError, values: Mapping[str, JsonValue], origins: Mapping[str, str]
) -> list[str]:
    """Returns what is wrong, each time after its origin, without repetitions."""
    descriptions = []
    for each in error.errors():
        name = str(each["loc"][0]) if each["loc"] else ""
        origin = origins.get(name, TOGETHER)
        description = describe_error(name, each, values)
        descriptions.append(f"{origin}: {description}")
    unique = dict.fromkeys(descriptions)
    return list(unique)


def is_blank(name: str, value: JsonValue) -> bool:
    """Returns whether a value means the built-in one. Empty formats are an empty list."""
    if value is None:
        return True
    if name == "formats":
        return False
    return isinstance(value, str) and not value.strip()


def describe_error(name: str, error: Any, values: Mapping[str, JsonValue]) -> str:
    """Returns what is wrong with an option, or with all options together if `name` is empty."""
    if error["type"] == "value_error":
        reason = str(error["ctx"]["error"])
        if reason:
            return f"{name}: {reason}" if name else reason
    value = shown(values[name])
    expected = expectation(name)
    return f"{name} is {value}; expected {expected}"


def expectation(name: str) -> str:
    """Returns what the values of an option are."""
    field_name = name.replace("-", "_")
    field = Options.model_fields[field_name]
    for mark in field.metadata:
        if isinstance(mark, Expects):
            return mark.values
    raise LookupError(f"the option {name} does not say what it expects")


def option_names() -> list[str]:
    """Returns the hyphenated names of all options."""
    return [hyphenated(name) for name in Options.model_fields]


def plan_stages(
    options: Options, resolved: Mapping[str, ResolvedOption]
) -> dict[str, dict[str, JsonValue] | None]:
    """Returns the parameters of each stage after prepare; None where the stage is skipped."""
    plan: dict[str, dict[str, JsonValue] | None] = {}
    for stage in STAGES:
        if is_skipped(stage, options):
            plan[stage] = None
        else:
            plan[stage] = params_for(stage, options)
    del plan["prepare"]
    all_options: dict[str, JsonValue] = {
        name: option.model_dump() for name, option in resolved.items()
    }
    plan["finalize"] = {"options": all_options}
    return plan


def params_for(stage: str, options: Options) -> dict[str, JsonValue]:
    """Returns the parameters of a stage: its fixed ones and the options that are passed to it."""
    names = set()
    for name, field in Options.model_fields.items():
        for mark in field.metadata:
            if isinstance(mark, PassedTo) and stage in mark.stages:
                names.add(name)
    passed = options.model_dump(mode="json", include=names)
    fixed = STAGES[stage].fixed_params
    return {**fixed, **passed}


def is_skipped(stage: str, options: Options) -> bool:
    """Returns whether the options make a stage needless."""
    if stage == "detect":
        return options.language not in (None, MULTI)
    if stage in ("transcribe", "align", "diarize") and options.task == "detect":
        return True
    if stage == "diarize":
        return not options.diarize or options.channels == "split"
    return False
