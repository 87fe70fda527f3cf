"""The options of a recording: where they come from, and which stages they are passed to.

Options come from the object's metadata, over the nearest options.json, over the deployment's
defaults. Each stage is passed only the options that change its result.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    model_validator,
)
from pydantic_core import from_json

from shared.model.contracts import ResolvedOption, WireModel
from shared.model.errors import BadOption
from shared.model.formats import DEFAULT_FORMATS, FORMATS
from shared.model.languages import MULTI
from shared.model.stages import STAGES

UPLOAD_TOOL_PREFIXES = ("goog-reserved-", "goog_reserved_", "mtime", "x-")
"""Prefixes of metadata that upload tools add by themselves."""
MAX_FILE_BYTES = 65_536
"""Largest options.json, in bytes."""
MAX_ERRORS = 5
"""Errors that a problem lists: it has to pass through the workflow's memory."""
MAX_RULES = 200
"""Replacements of a recording."""
MAX_RULE_LENGTH = 200
"""Characters on either side of a replacement."""


class PassedTo:
    """Marks an option that is a parameter of these stages, under the same name.

    A stage runs again when one of its parameters changes, so only stages whose result depends on
    the option are listed. finalize is passed all options.
    """

    def __init__(self, *stages: str) -> None:
        self.stages = stages


def hyphenated(name: str) -> str:
    """Returns an option's name as it is written on objects and in options.json."""
    return name.replace("_", "-")


def as_list(value: Any) -> Any:
    """Returns the names in a text with commas, which is how metadata holds a list."""
    if not isinstance(value, str):
        return value
    parts = value.split(",")
    names = [part.strip() for part in parts]
    return [name for name in names if name]


def known_once(names: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the names of formats without repetitions. Raises ValueError if one is unknown."""
    for name in names:
        if name not in FORMATS:
            known = ", ".join(FORMATS)
            raise ValueError(
                f"there is no format {name!r} (known: {known}; transcript.json is always written)"
            )
    return tuple(dict.fromkeys(names))


def as_object(value: Any) -> Any:
    """Returns the object in a JSON text, which is how metadata holds an object."""
    if isinstance(value, str):
        return from_json(value)
    return value


def within_limits(rules: dict[str, str]) -> dict[str, str]:
    """Returns the rules. Raises ValueError if they are too many or one is too long or blank."""
    count = len(rules)
    if count > MAX_RULES:
        raise ValueError(f"{count} rules; the limit is {MAX_RULES}")
    for find, replacement in rules.items():
        if not find.strip():
            raise ValueError("what to find must not be blank")
        longest = max(len(find), len(replacement))
        if longest > MAX_RULE_LENGTH:
            raise ValueError(f"a text of a rule has at most {MAX_RULE_LENGTH} characters")
    return rules


class Options(WireModel):
    """All options. On objects and in options.json their names are written with hyphens."""

    model_config = ConfigDict(alias_generator=hyphenated, populate_by_name=True)

    language: Annotated[str | None, PassedTo("transcribe")] = Field(
        default=None, pattern=r"^([a-z]{2,3}|multi)$"
    )
    """ISO 639-1 code, or "multi": detected for each segment. None: detected for the recording."""
    model: Annotated[str | None, PassedTo("detect", "transcribe")] = Field(
        default=None, pattern=r"^[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?$"
    )
    """Name of the speech model; only the deployment can choose a folder. None: the deployment's."""
    task: Annotated[Literal["transcribe", "translate"], PassedTo("transcribe", "align")] = (
        "transcribe"
    )
    """translate writes English."""
    initial_prompt: Annotated[str | None, PassedTo("transcribe")] = Field(
        default=None, max_length=2000
    )
    """Text as it might precede the recording: names, spelling, style."""
    hotwords: Annotated[str | None, PassedTo("transcribe")] = Field(default=None, max_length=1000)
    """Words that are likely to be spoken."""
    channels: Annotated[Literal["mix", "split"], PassedTo("prepare")] = "mix"
    """split: each channel is transcribed by itself and is one speaker."""
    track: Annotated[int | None, PassedTo("prepare")] = Field(default=None, ge=1, le=100)
    """Number of the sound track, from 1. None: the one that the container prefers."""
    diarize: bool = True
    """Distinguish the speakers."""
    speakers: Annotated[int | None, PassedTo("diarize")] = Field(default=None, ge=1, le=50)
    """Number of speakers."""
    min_speakers: Annotated[int | None, PassedTo("diarize")] = Field(default=None, ge=1, le=50)
    max_speakers: Annotated[int | None, PassedTo("diarize")] = Field(default=None, ge=1, le=50)
    formats: Annotated[tuple[str, ...], BeforeValidator(as_list), AfterValidator(known_once)] = (
        DEFAULT_FORMATS
    )
    """Formats that are written beside transcript.json."""
    replacements: Annotated[
        dict[str, str], BeforeValidator(as_object), AfterValidator(within_limits)
    ] = {}
    """Text to find, and text to write in its place."""

    @model_validator(mode="after")
    def speakers_agree(self) -> "Options":
        """Returns the options. Raises ValueError if those for speakers contradict each other."""
        low, high = self.min_speakers, self.max_speakers
        if low is not None and high is not None and low > high:
            raise ValueError(f"min-speakers is {low} and max-speakers is {high}")
        is_split = self.channels == "split"
        if is_split and self.speakers is not None:
            raise ValueError(
                "speakers is given and channels is split, where each channel is a speaker"
            )
        return self


def resolve(
    layers: Mapping[str, Mapping[str, JsonValue]],
) -> tuple[Options, dict[str, ResolvedOption]]:
    """Returns the options in force, and the value and origin of each by its hyphenated name.

    `layers` maps an origin to its options; a later layer overrides an earlier one. Raises
    BadOption, which names the layer.
    """
    values: dict[str, JsonValue] = {}
    origins: dict[str, str] = {}
    for origin, layer in layers.items():
        parse_options(layer, origin)
        for key, value in layer.items():
            name = hyphenated(key)
            values[name] = value
            origins[name] = origin
    options = parse_options(values, "the options together")
    resolved = {}
    in_force = options.model_dump(mode="json", by_alias=True)
    for name, value in in_force.items():
        origin = origins.get(name, "built in")
        resolved[name] = ResolvedOption(value=value, origin=origin)
    return options, resolved


def option_values(resolved: Mapping[str, ResolvedOption]) -> Options:
    """Returns the values of resolved options. Raises BadOption if one is unknown or wrong."""
    values = {name: option.value for name, option in resolved.items()}
    return parse_options(values, "the resolved options")


def parse_options(layer: Mapping[str, JsonValue], origin: str) -> Options:
    """Returns the options of a layer. Raises BadOption, which names the layer and the errors."""
    values = dict(layer)
    try:
        return Options.model_validate(values)
    except ValidationError as error:
        errors = error.errors()[:MAX_ERRORS]
        descriptions = [describe_error(each) for each in errors]
        text = "; ".join(descriptions)
        raise BadOption(f"{origin}: {text}") from error


def describe_error(error: Any) -> str:
    """Returns the name of a wrong option and what is wrong with it."""
    keys = map(str, error["loc"])
    path = ".".join(keys)
    name = path[:100]
    if error["type"] == "extra_forbidden":
        names = sorted(option_names())
        known = ", ".join(names)
        return f"there is no option {name!r} (known: {known})"
    text = str(error["msg"])
    message = text.removeprefix("Value error, ")
    if not name:
        return message
    return f"{name}: {message}"


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
    if stage == "diarize":
        return not options.diarize or options.channels == "split"
    return False


def without_upload_metadata(metadata: Mapping[str, str]) -> dict[str, JsonValue]:
    """Returns an object's metadata without what upload tools add."""
    options: dict[str, JsonValue] = {}
    for key, value in metadata.items():
        if not key.lower().startswith(UPLOAD_TOOL_PREFIXES):
            options[key] = value
    return options


class OptionsFile(BaseModel):
    """The shape of an options.json: an object of plain values, lists of texts and objects of
    texts."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str | int | float | bool | list[str] | dict[str, str] | None]


def read_options_file(data: bytes, path: str) -> dict[str, JsonValue]:
    """Returns the options in an options.json. Raises BadOption if its shape is wrong."""
    refuse_if_large(len(data), path)
    try:
        options_file = OptionsFile.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        description = describe_shape_error(first)
        raise BadOption(f"{path} is {description}") from error
    return options_file.model_dump()


def refuse_if_large(size: int, path: str) -> None:
    """Raises BadOption if an options.json of `size` bytes is too large."""
    if size > MAX_FILE_BYTES:
        raise BadOption(f"{path} is larger than {MAX_FILE_BYTES // 1024} KiB")


def describe_shape_error(error: Any) -> str:
    """Returns what is wrong with the shape of an options.json, for after "is"."""
    if not error["loc"]:
        return f"not a JSON object: {error['msg']}"
    key = error["loc"][0]
    return f"wrong at {key!r}: a value is plain, a list of texts or a flat object of texts"
