"""What hours of audio will cost: the paces of paces.toml, the operations of the chain, the
prices."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil
from pathlib import Path
from typing import Literal

from pydantic import Field

from shared.model.contracts import WireModel
from shared.model.cost import FUNCTION, Resources, Unit, cost, operations, prices, second
from shared.model.transcript import Cost
from shared.settings import settings


class NoForecast(Exception):
    """What was asked for is not known; the message says what is."""


class Pace(WireModel):
    rtf: float = Field(gt=0)
    resources: Resources
    origin: Literal["measured", "assumed", "given"]
    source: str


class Recogniser(Pace):
    model: str
    device: Literal["cpu", "l4"]
    detect: float = Field(gt=0)


class Paces(WireModel):
    stages: dict[str, Pace]
    recognisers: tuple[Recogniser, ...]

    def recogniser(self, model: str, device: str) -> Recogniser:
        for known in self.recognisers:
            if (known.model, known.device) == (model, device):
                return known
        pairs = ", ".join(f"{known.model} on {known.device}" for known in self.recognisers)
        raise NoForecast(f"no pace is known of the model {model!r} on {device}; known are {pairs}")


@cache
def paces() -> Paces:
    with (Path(__file__).parent / "paces.toml").open("rb") as file:
        return Paces.model_validate(tomllib.load(file))


@dataclass(frozen=True)
class Forecast:
    seconds: Mapping[str, float]
    """Busy ones, by stage, and the `idle` ones of an instance with a GPU."""
    paces: Mapping[str, Pace]
    """Of each that has seconds."""
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
    """`rtf` says better what paces.toml has of a stage. One GPU instance is idle once, before it
    ends."""
    recogniser = paces().recogniser(model, device)
    by_function = better({**paces().stages, "transcribe": recogniser}, rtf)
    by_stage = {stage: by_function[function] for stage, function in FUNCTION.items()} | {
        "detect": recogniser
    }
    seconds = {stage: hours * 3600 * pace.rtf for stage, pace in by_stage.items()}
    seconds["detect"] = recordings * recogniser.detect
    used = operations(
        calls(hours * 3600 / recordings, recordings),
        seconds=sum(seconds.values()),
        stored=2 * hours * 3600,
        kept_days=settings().keep_work_days,
        heartbeat=settings().heartbeat,
    )
    spent = cost(
        seconds, used, {name: pace.resources for name, pace in by_function.items()}, prices()
    )
    if recogniser.resources.gpu:
        seconds["idle"] = idle_minutes * 60
        spent = and_idle(spent, seconds["idle"] * second(recogniser.resources, prices()))
        by_stage["idle"] = recogniser.model_copy(update={"origin": "given"})
    return Forecast(seconds, by_stage, used, spent)


def better(known: Mapping[str, Pace], rtf: Mapping[str, float]) -> dict[str, Pace]:
    if unknown := set(rtf) - set(known):
        raise NoForecast(
            f"{', '.join(sorted(unknown))}: no such stage; there are {', '.join(known)}"
        )
    given = {"origin": "given", "source": "--rtf"}
    return {
        name: pace.model_copy(update={**given, "rtf": rtf[name]}) if name in rtf else pace
        for name, pace in known.items()
    }


def calls(seconds: float, recordings: int) -> dict[str, int]:
    """Of recordings that last so many seconds each, cut into as few parts as can be."""
    if seconds > settings().max_hours * 3600:
        raise NoForecast(
            f"a recording lasts {settings().max_hours:g} hours at most; these would be longer"
        )
    chunks, spans = (
        ceil(seconds / length) for length in (settings().chunk_seconds, settings().span_seconds)
    )
    each = {
        "prepare": 1,
        "detect": 1,
        "transcribe": chunks,
        "align": chunks,
        "diarize": spans,
        "finalize": 1,
    }
    return {stage: recordings * number for stage, number in each.items()}


def and_idle(spent: Cost, usd: float) -> Cost:
    items = {**spent.items, "idle": round(usd, 8)}
    return spent.model_copy(update={"items": items, "total": round(sum(items.values()), 8)})
