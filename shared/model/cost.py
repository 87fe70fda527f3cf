"""What work costs on Google Cloud: seconds and operations times the list prices of prices.toml.

A stage on a CPU is billed for the seconds of its requests. A stage on a GPU is billed for the life
of its instances; only the busy seconds can be assigned to a job, not the idle ones before an
instance ends. Free tiers, discounts, taxes, start-ups, failed attempts, refused calls and logs are
left out.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from math import ceil
from pathlib import Path
from typing import Annotated, get_args

from pydantic import Field, field_validator

from shared.model.artifacts import SAMPLE_RATE
from shared.model.contracts import WireModel
from shared.model.stages import STAGES, Resources, Unit
from shared.model.transcript import Cost

ITEMS: dict[str, tuple[Unit, ...]] = {
    "requests": ("request",),
    "workflow": ("internal_step", "external_step"),
    "storage": ("write_operation", "read_operation", "gib_month"),
    "documents": ("document_read", "document_write", "document_delete"),
    "messages": ("event", "message_byte"),
}
"""The items of a cost besides the stages, each with the units that it sums."""
CORRECTION: dict[Unit, int] = {
    "request": 2,
    "internal_step": 15,
    "write_operation": 9,
    "read_operation": 11,
    "document_read": 5,
    "document_write": 3,
}
"""What one save of corrections uses besides instances: the request that saves them, and the
execution in which finalize draws the default formats again. A test counts it again."""
GIB_PER_SECOND = 2 * SAMPLE_RATE / 2**30
"""Size of one second of sound in the work bucket."""
DAYS_PER_MONTH = 730 / 24

Dated = Annotated[str, Field(pattern=r"^\d{4}(-\d\d){0,2}$")]
"""A year, a month or a day."""


class Price(WireModel):
    """The list price of `per` units."""

    usd: float = Field(ge=0)
    per: int = 1
    unit: str
    as_of: Dated | None = None
    page: str
    seen: str


class Service(WireModel):
    """A managed speech recognition service, for comparison."""

    name: str
    usd_per_hour: float = Field(gt=0)
    as_of: Dated
    page: str
    seen: str
    note: str


class Prices(WireModel):
    """The price table. A transcript's cost names the version that it was computed with."""

    read: date
    currency: str
    region: str
    google: dict[Unit, Price]
    services: tuple[Service, ...]

    @field_validator("google")
    @classmethod
    def complete(cls, google: dict[Unit, Price]) -> dict[Unit, Price]:
        """Returns the prices. Raises ValueError if a unit has none."""
        units = set(get_args(Unit))
        missing = units - set(google)
        if missing:
            names = ", ".join(sorted(missing))
            raise ValueError(f"no price of {names}")
        return google

    @property
    def name(self) -> str:
        """The table's name in a transcript, such as "us-central1 2026-11-26"."""
        return f"{self.region} {self.read}"

    def of(self, unit: Unit) -> float:
        """Returns the price of one unit, in USD."""
        price = self.google[unit]
        return price.usd / price.per


@cache
def prices() -> Prices:
    """Returns the prices of prices.toml."""
    path = Path(__file__).parent / "prices.toml"
    text = path.read_text(encoding="utf-8")
    content = tomllib.loads(text)
    return Prices.model_validate(content)


def usd_per_second(resources: Resources, table: Prices) -> float:
    """Returns the price of one billed second of an instance, in USD."""
    if resources.gpu is None:
        cpu_price = table.of("cpu_second")
        memory_price = table.of("gib_second")
        gpu = 0.0
    else:
        cpu_price = table.of("instance_cpu_second")
        memory_price = table.of("instance_gib_second")
        gpu = table.of("l4_second")
    cpu = resources.cpu * cpu_price
    memory = resources.memory_gib * memory_price
    return cpu + memory + gpu


def billed(seconds: float) -> float:
    """Returns the billed seconds of a request, which are rounded up to a tenth."""
    tenths = round(seconds * 10, 6)
    return ceil(tenths) / 10


def operations(
    calls: Mapping[str, int], *, seconds: float, stored: float, kept_days: float, heartbeat: float
) -> dict[Unit, float]:
    """Returns what calls of the stages use besides instances, by billed unit.

    `calls` are by stage. `seconds` are the seconds of all calls, during which a lease is renewed
    every `heartbeat` seconds. `stored` are the seconds of sound in the work bucket, which keeps
    them for `kept_days`.
    """
    counted = operations_of_calls(calls)
    renewals = seconds / heartbeat
    gib = stored * GIB_PER_SECOND
    months = kept_days / DAYS_PER_MONTH
    used: dict[Unit, float] = dict(counted)
    used["document_read"] = counted["document_read"] + renewals
    used["document_write"] = counted["document_write"] + renewals
    used["gib_month"] = gib * months
    return used


def operations_of_calls(calls: Mapping[str, int]) -> Counter[Unit]:
    """Returns how many of each billed unit the calls use by themselves. `calls` are by stage."""
    counted: Counter[Unit] = Counter()
    for stage, number in calls.items():
        billed_units = STAGES[stage].operations
        for unit, per_call in billed_units.items():
            counted[unit] += number * per_call
    return counted


def cost(
    busy: Mapping[str, float],
    used: Mapping[Unit, float],
    resources: Mapping[str, Resources],
    table: Prices,
) -> Cost:
    """Returns the cost of `busy` billed seconds by stage and of `used` units.

    `resources` are by function and hold at least the functions of the busy stages.
    """
    items = {}
    for stage, seconds in busy.items():
        function = STAGES[stage].function
        instance = resources[function]
        rate = usd_per_second(instance, table)
        items[stage] = seconds * rate
    for item, units in ITEMS.items():
        items[item] = usd_of_units(units, used, table)
    rounded = {item: round(usd, 8) for item, usd in items.items()}
    total = sum(rounded.values())
    rounded_total = round(total, 8)
    return Cost(
        currency=table.currency,
        total=rounded_total,
        items=rounded,
        price_table=table.name,
    )


def usd_of_units(units: Iterable[Unit], used: Mapping[Unit, float], table: Prices) -> float:
    """Returns what the used number of these units costs, in USD."""
    usd = 0.0
    for unit in units:
        number = used.get(unit, 0)
        usd += number * table.of(unit)
    return usd
