"""Forecasts the cost of hours of audio from paces, operations and prices."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import Literal

from pydantic import Field

from shared.model.contracts import WireModel
from shared.model.cost import cost, operations, prices, usd_per_second
from shared.model.stages import FUNCTIONS, STAGES, Pace, Resources, Unit, parts_of
from shared.model.transcript import Cost
from shared.settings import settings


class NoForecast(Exception):
    """A pace is unknown, or a recording is too long. The message says which are possible."""


class InstancePace(Pace):
    """How fast a stage works on an instance with these resources."""

    resources: Resources


class Recogniser(InstancePace):
    """The pace of a speech model on a device."""

    model: str
    device: Literal["cpu", "l4"]
    detect: float = Field(gt=0)
    """Seconds in which the language of a recording is detected."""


class Recognisers(WireModel):
    """The content of paces.toml."""

    recognisers: tuple[Recogniser, ...]


@dataclass(frozen=True)
class Forecast:
    """The cost of hours of audio and what it is computed from."""

    seconds: Mapping[str, float]
    """Busy seconds by stage, and the `idle` ones of an instance with a GPU."""
    paces: Mapping[str, InstancePace]
    """The paces behind `seconds`, under the same names."""
    operations: Mapping[Unit, float]
    cost: Cost


def forecast(
    hours: float,
    recordings: int,
    model: str,
    device: str,
    *,
    rtf: Mapping[str, float],
    idle_minutes: float,
) -> Forecast:
    """Returns the cost of `hours` of audio in so many recordings. Raises NoForecast.

    `rtf` replaces the known real-time factors of functions. An instance with a GPU is idle once for
    `idle_minutes`, before it ends.
    """
    sound = hours * 3600
    recogniser = find_recogniser(model, device)
    paces = paces_by_stage(recogniser, rtf)
    calls = count_calls(sound / recordings, recordings)
    seconds = {stage: sound * pace.rtf for stage, pace in paces.items()}
    seconds["detect"] = recordings * recogniser.detect
    used = operations(
        calls,
        seconds=sum(seconds.values()),
        stored=2 * sound,
        kept_days=settings().buckets.keep_work_days,
        heartbeat=settings().jobs.heartbeat,
    )
    resources = {STAGES[stage].function: pace.resources for stage, pace in paces.items()}
    spent = cost(seconds, used, resources, prices())
    if recogniser.resources.gpu:
        seconds["idle"] = idle_minutes * 60
        paces["idle"] = recogniser.model_copy(update={"origin": "given"})
        usd = seconds["idle"] * usd_per_second(recogniser.resources, prices())
        spent = add_item(spent, "idle", usd)
    return Forecast(seconds, paces, used, spent)


def count_calls(seconds: float, recordings: int) -> dict[str, int]:
    """Returns the calls by stage for recordings of so many seconds, each in as few parts as fit.

    Raises NoForecast if such recordings are too long.
    """
    limits = settings().recordings
    if seconds > limits.max_hours * 3600:
        raise NoForecast(
            f"a recording lasts {limits.max_hours:g} hours at most; these would be longer"
        )
    chunks = ceil(seconds / limits.chunk_seconds)
    spans = ceil(seconds / limits.span_seconds)
    calls = {}
    for stage in STAGES:
        parts = parts_of(stage, chunks, spans)
        calls[stage] = recordings * parts
    return calls


@cache
def recognisers() -> tuple[Recogniser, ...]:
    """Returns the recognisers of paces.toml."""
    file = Path(__file__).with_name("paces.toml")
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    return Recognisers.model_validate(content).recognisers


def find_recogniser(model: str, device: str) -> Recogniser:
    """Returns the pace of the model on the device. Raises NoForecast if it is unknown."""
    for recogniser in recognisers():
        if recogniser.model == model and recogniser.device == device:
            return recogniser
    known = [f"{each.model} on {each.device}" for each in recognisers()]
    pairs = ", ".join(known)
    raise NoForecast(f"no pace is known of the model {model!r} on {device}; known are {pairs}")


def paces_by_stage(recogniser: Recogniser, rtf: Mapping[str, float]) -> dict[str, InstancePace]:
    """Returns the pace of each stage. `rtf` are given real-time factors by function.

    Raises NoForecast if `rtf` names an unknown function.
    """
    functions = {stage.function for stage in STAGES.values()}
    unknown = sorted(set(rtf) - functions)
    if unknown:
        given = ", ".join(unknown)
        known = ", ".join(sorted(functions))
        raise NoForecast(f"{given}: no such stage; there are {known}")
    paces = {}
    for name, stage in STAGES.items():
        pace = built_in_pace(name, recogniser)
        if stage.function in rtf and name != "detect":
            factor = rtf[stage.function]
            changes = {"origin": "given", "source": "--rtf", "rtf": factor}
            pace = pace.model_copy(update=changes)
        paces[name] = pace
    return paces


def built_in_pace(stage: str, recogniser: Recogniser) -> InstancePace:
    """Returns the stage's pace on its function's instances, or the recogniser's if it has none."""
    spec = STAGES[stage]
    if spec.pace is None:
        return recogniser
    pace = spec.pace.model_dump()
    resources = FUNCTIONS[spec.function].resources
    return InstancePace(**pace, resources=resources)


def add_item(spent: Cost, name: str, usd: float) -> Cost:
    """Returns the cost with another item."""
    items = {**spent.items, name: round(usd, 8)}
    total = round(sum(items.values()), 8)
    return spent.model_copy(update={"items": items, "total": total})
