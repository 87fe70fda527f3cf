"""What work costs on Google Cloud: seconds and operations, times the dated list prices of
prices.toml.

A stage on a CPU is billed by request: the seconds of its calls. One with a GPU is billed by
instance: of a job its busy seconds can be told, not the idle ones before the instance ends. Free
tiers, discounts and taxes are left out, and so are start-ups, attempts that failed, calls that were
told to wait, and logs.
"""

import tomllib
from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import cache
from math import ceil
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator

from shared.model.artifacts import SAMPLE_RATE
from shared.model.contracts import WireModel
from shared.model.transcript import Cost

Unit = Literal[
    "cpu_second", "gib_second", "instance_cpu_second", "instance_gib_second", "l4_second", "request",
    "internal_step", "external_step", "write_operation", "read_operation", "gib_month",
    "document_read", "document_write", "document_delete", "event", "message_byte",
]  # fmt: skip
"""What Google Cloud bills, of what we use."""

FUNCTION = {
    "prepare": "prepare",
    "detect": "transcribe",
    "transcribe": "transcribe",
    "align": "align",
    "diarize": "diarize",
    "finalize": "finalize",
}
"""The function that each stage runs in, whose instances are billed."""

PER_CALL: dict[str, dict[Unit, int]] = {
    "prepare": {
        "request": 1, "internal_step": 27, "write_operation": 3, "read_operation": 6,
        "document_read": 8, "document_write": 4, "document_delete": 2, "event": 1, "message_byte": 2000,
    },
    "detect": {
        "request": 1, "internal_step": 8, "write_operation": 2, "read_operation": 4,
        "document_read": 5, "document_write": 2, "document_delete": 1,
    },
    "transcribe": {
        "request": 1, "internal_step": 6, "write_operation": 3, "read_operation": 4,
        "document_read": 5, "document_write": 2, "document_delete": 1,
    },
    "align": {
        "request": 1, "internal_step": 7, "write_operation": 2, "read_operation": 4,
        "document_read": 5, "document_write": 2, "document_delete": 1,
    },
    "diarize": {
        "request": 1, "internal_step": 7, "write_operation": 3, "read_operation": 4,
        "document_read": 5, "document_write": 2, "document_delete": 1,
    },
    "finalize": {
        "request": 1, "internal_step": 6, "write_operation": 6, "read_operation": 7,
        "document_read": 5, "document_write": 1, "message_byte": 2000,
    },
}  # fmt: skip
"""What a call of each stage makes the whole chain do: the workflow around it, prepare before and
finalize after it.

Counted on a recording in a folder, whose language is detected and whose answer has the default
formats; a test counts it again. A step is a call, an assigned variable, a branch taken, a return,
or what holds such steps: rather too many than too few. Ranges of the recording, read 2 MiB at a
time, are not counted. A message is 1 kB, in and out.
"""

ITEMS: dict[str, tuple[Unit, ...]] = {
    "requests": ("request",),
    "workflow": ("internal_step", "external_step"),
    "storage": ("write_operation", "read_operation", "gib_month"),
    "documents": ("document_read", "document_write", "document_delete"),
    "messages": ("event", "message_byte"),
}
"""What stands in a cost beside the stages."""

GIB_PER_SECOND = 2 * SAMPLE_RATE / 2**30
"""A second of sound in the work bucket."""
DAYS_PER_MONTH = 730 / 24


class Resources(WireModel):
    """Of an instance of a function."""

    cpu: float = Field(gt=0)
    """vCPU."""
    memory_gib: float = Field(gt=0)
    gpu: Literal["l4"] | None = None


Dated = Annotated[str, Field(pattern=r"^\d{4}(-\d\d){0,2}$")]
"""A year, a month or a day."""


class Price(WireModel):
    usd: float = Field(ge=0)
    per: int = 1
    unit: str
    as_of: Dated | None = None
    page: str
    seen: str


class Service(WireModel):
    """Somebody else's speech recognition."""

    name: str
    usd_per_hour: float = Field(gt=0)
    as_of: Dated
    page: str
    seen: str
    note: str


class Prices(WireModel):
    read: date
    currency: str
    region: str
    google: dict[Unit, Price]
    services: tuple[Service, ...]

    @field_validator("google")
    @classmethod
    def complete(cls, google: dict[Unit, Price]) -> dict[Unit, Price]:
        if missing := set(get_args(Unit)) - set(google):
            raise ValueError(f"no price of {', '.join(sorted(missing))}")
        return google

    @property
    def name(self) -> str:
        """What a transcript calls it."""
        return f"{self.region} {self.read}"

    def of(self, unit: Unit) -> float:
        return self.google[unit].usd / self.google[unit].per


@cache
def prices() -> Prices:
    with (Path(__file__).parent / "prices.toml").open("rb") as file:
        return Prices.model_validate(tomllib.load(file))


def second(resources: Resources, table: Prices) -> float:
    """What a second of an instance costs while it is billed."""
    if resources.gpu is None:
        return resources.cpu * table.of("cpu_second") + resources.memory_gib * table.of(
            "gib_second"
        )
    instance = resources.cpu * table.of("instance_cpu_second") + resources.memory_gib * table.of(
        "instance_gib_second"
    )
    return instance + table.of("l4_second")


def billed(seconds: float) -> float:
    """A request's time, as it is rounded up."""
    return ceil(round(seconds * 10, 6)) / 10


def operations(
    calls: Mapping[str, int], *, seconds: float, stored: float, kept_days: float, heartbeat: float
) -> dict[Unit, float]:
    """What calls of the stages use besides instances.

    `seconds` are those of all calls, in which a lease is renewed every `heartbeat`; `stored` those
    of sound in the work bucket.
    """
    used: Counter[Unit] = Counter()
    for stage, number in calls.items():
        used.update({unit: number * each for unit, each in PER_CALL[stage].items()})
    beats = seconds / heartbeat
    return {
        **used,
        "document_read": used["document_read"] + beats,
        "document_write": used["document_write"] + beats,
        "gib_month": stored * GIB_PER_SECOND * kept_days / DAYS_PER_MONTH,
    }


def cost(
    busy: Mapping[str, float],
    used: Mapping[Unit, float],
    resources: Mapping[str, Resources],
    table: Prices,
) -> Cost:
    """`busy` are the billed seconds of each stage, `resources` those of the functions."""
    items = {
        stage: seconds * second(resources[FUNCTION[stage]], table)
        for stage, seconds in busy.items()
    }
    items |= {
        item: sum(used.get(unit, 0) * table.of(unit) for unit in units)
        for item, units in ITEMS.items()
    }
    rounded = {item: round(usd, 8) for item, usd in items.items()}
    return Cost(
        currency=table.currency,
        total=round(sum(rounded.values()), 8),
        items=rounded,
        price_table=table.name,
    )
