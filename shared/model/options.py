"""What is to be done with a recording: its metadata, over the nearest options.json, over the
deployment's defaults."""

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

NOT_OURS = ("goog-reserved-", "goog_reserved_", "mtime", "x-")
"""Metadata that upload tools add by themselves."""
LARGEST = 65_536
"""Bytes of an options.json."""
TOLD = 5
"""Complaints in a problem, which has to pass through the workflow's memory."""
MOST_RULES, LONGEST_RULE = 200, 200
"""Replacements, and characters on either side of one."""


def as_list(value: Any) -> Any:
    """Metadata holds text only, so a list stands there with commas."""
    return (
        [name.strip() for name in value.split(",") if name.strip()]
        if isinstance(value, str)
        else value
    )


def known_once(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if name not in FORMATS:
            raise ValueError(
                f"there is no format {name!r} (known: {', '.join(FORMATS)}; transcript.json is always written)"
            )
    return tuple(dict.fromkeys(names))


def as_object(value: Any) -> Any:
    """Metadata holds text only, so an object stands there as JSON."""
    return from_json(value) if isinstance(value, str) else value


def within_limits(rules: dict[str, str]) -> dict[str, str]:
    if len(rules) > MOST_RULES:
        raise ValueError(f"{len(rules)} rules; the limit is {MOST_RULES}")
    if any(not find.strip() for find in rules):
        raise ValueError("what to find must not be blank")
    if any(len(text) > LONGEST_RULE for rule in rules.items() for text in rule):
        raise ValueError(f"a text of a rule has at most {LONGEST_RULE} characters")
    return rules


class Options(WireModel):
    """Every option there is. On objects and in options.json names are written with hyphens."""

    model_config = ConfigDict(
        alias_generator=lambda name: name.replace("_", "-"), populate_by_name=True
    )

    language: str | None = Field(default=None, pattern=r"^([a-z]{2,3}|multi)$")
    """ISO 639-1 code; told from the sound when not given. multi: told for each segment."""
    model: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?$"
    )
    """Speech model, by name: a folder is the deployment's to choose. The deployment's when not
    given."""
    task: Literal["transcribe", "translate"] = "transcribe"
    """translate writes English."""
    initial_prompt: str | None = Field(default=None, max_length=2000)
    """Text as it might stand before the recording: names, spelling, style."""
    hotwords: str | None = Field(default=None, max_length=1000)
    """Words to expect."""
    channels: Literal["mix", "split"] = "mix"
    """split: each channel is heard for itself and is a speaker."""
    diarize: bool = True
    """Tell speakers apart."""
    speakers: int | None = Field(default=None, ge=1, le=50)
    """How many there are."""
    min_speakers: int | None = Field(default=None, ge=1, le=50)
    max_speakers: int | None = Field(default=None, ge=1, le=50)
    formats: Annotated[tuple[str, ...], BeforeValidator(as_list), AfterValidator(known_once)] = (
        DEFAULT_FORMATS
    )
    """Written beside transcript.json."""
    replacements: Annotated[
        dict[str, str], BeforeValidator(as_object), AfterValidator(within_limits)
    ] = {}
    """What to find in the text, and what to write instead."""

    @model_validator(mode="after")
    def speakers_agree(self) -> "Options":
        low, high = self.min_speakers, self.max_speakers
        if low is not None and high is not None and low > high:
            raise ValueError(f"min-speakers is {low} and max-speakers is {high}")
        if self.channels == "split" and self.speakers is not None:
            raise ValueError(
                "speakers is given and channels is split, where each channel is a speaker"
            )
        return self


def resolve(
    layers: Mapping[str, Mapping[str, JsonValue]],
) -> tuple[Options, dict[str, ResolvedOption]]:
    """The effective options and where each came from. `layers` maps an origin to its options, the
    weakest first."""
    named: dict[str, tuple[JsonValue, str]] = {}
    for origin, layer in layers.items():
        checked(layer, origin)
        named |= {key.replace("_", "-"): (value, origin) for key, value in layer.items()}
    options = checked({key: value for key, (value, _) in named.items()}, "the options together")
    effective = options.model_dump(mode="json", by_alias=True)
    origins = {key: origin for key, (_, origin) in named.items()}
    return options, {
        key: ResolvedOption(value=v, origin=origins.get(key, "built in"))
        for key, v in effective.items()
    }


def option_values(resolved: Mapping[str, ResolvedOption]) -> Options:
    """Returns the values of resolved options. Raises BadOption if one is unknown or wrong."""
    values = {name: option.value for name, option in resolved.items()}
    return checked(values, "the resolved options")


def checked(layer: Mapping[str, Any], origin: str) -> Options:
    try:
        return Options.model_validate(dict(layer))
    except ValidationError as error:
        raise BadOption(f"{origin}: {'; '.join(map(complaint, error.errors()[:TOLD]))}") from error


def complaint(error: Any) -> str:
    """Names the option and what is wrong with it."""
    name = ".".join(map(str, error["loc"]))[:100]
    if error["type"] == "extra_forbidden":
        return f"there is no option {name!r} (known: {', '.join(sorted(known()))})"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{name}: {message}" if name else message


def known() -> list[str]:
    return [field.alias or name for name, field in Options.model_fields.items()]


def ours(metadata: Mapping[str, str]) -> dict[str, JsonValue]:
    """An object's metadata without what upload tools add."""
    return {key: value for key, value in metadata.items() if not key.lower().startswith(NOT_OURS)}


class Folder(BaseModel):
    """The shape of an options.json: a flat object, but for lists and flat objects of texts."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str | int | float | bool | list[str] | dict[str, str] | None]


def read_folder(data: bytes, path: str) -> dict[str, JsonValue]:
    """The options in an options.json; raise BadOption when it has another shape."""
    refuse_if_large(len(data), path)
    try:
        return Folder.model_validate_json(data).model_dump()
    except ValidationError as error:
        raise BadOption(f"{path} is {misshapen(error.errors()[0])}") from error


def refuse_if_large(size: int, path: str) -> None:
    if size > LARGEST:
        raise BadOption(f"{path} is larger than {LARGEST // 1024} KiB")


def misshapen(error: Any) -> str:
    if not error["loc"]:
        return f"not a JSON object: {error['msg']}"
    return (
        f"wrong at {error['loc'][0]!r}: a value is plain, a list of texts or a flat object of texts"
    )
