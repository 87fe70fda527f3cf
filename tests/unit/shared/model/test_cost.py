"""Seconds and operations are priced correctly, checked against hand-computed values."""

from datetime import date
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from shared.model.cost import (
    ITEMS,
    Price,
    Prices,
    billed,
    cost,
    operations,
    prices,
    usd_per_second,
)
from shared.model.stages import STAGES, Resources, Unit

SMALL = Resources(cpu=1, memory_gib=2)
L4 = Resources(cpu=4, memory_gib=16, gpu="l4")


def table(**usd: float) -> Prices:
    """Everything costs nothing but what is named."""
    google = {
        unit: Price(usd=usd.get(unit, 0), unit="", page="", seen="") for unit in get_args(Unit)
    }
    return Prices(
        read=date(2026, 1, 2), currency="USD", region="somewhere", google=google, services=()
    )


def test_a_cpu_is_billed_by_request() -> None:
    prices = table(
        cpu_second=0.1, gib_second=0.01, instance_cpu_second=9, instance_gib_second=9, l4_second=9
    )
    assert usd_per_second(SMALL, prices) == pytest.approx(0.1 + 2 * 0.01)
    made = cost(
        {"align": 10, "detect": 1},
        {},
        {"align": SMALL, "transcribe": Resources(cpu=2, memory_gib=4)},
        prices,
    )
    assert made.items["align"] == 1.2
    assert made.items["detect"] == 0.24, "detect runs in transcribe's instances"
    assert made.total == 1.44


def test_a_gpu_is_billed_by_instance() -> None:
    prices = table(
        cpu_second=9, gib_second=9, instance_cpu_second=0.1, instance_gib_second=0.01, l4_second=0.5
    )
    assert usd_per_second(L4, prices) == pytest.approx(4 * 0.1 + 16 * 0.01 + 0.5)


def test_an_hour_on_the_real_prices_is_what_a_pocket_calculator_says() -> None:
    # 3600 s x (1 vCPU x 0.000024 + 2 GiB x 0.0000025) and 3600 s x (4 x 0.000018 + 16 x 0.000002 +
    # 0.0001867)
    made = cost(
        {"align": 3600, "transcribe": 3600}, {}, {"align": SMALL, "transcribe": L4}, prices()
    )
    assert (made.items["align"], made.items["transcribe"]) == (0.1044, 1.04652)
    assert (made.total, made.currency, made.price_table) == (
        1.15092,
        "USD",
        f"us-central1 {prices().read}",
    )


def test_a_call_is_rounded_up_to_a_tenth_of_a_second() -> None:
    assert [billed(seconds) for seconds in (0, 0.001, 0.1, 0.3, 1.21)] == [0, 0.1, 0.1, 0.3, 1.3]


def test_operations_grow_with_the_calls_and_have_their_items() -> None:
    calls = {"prepare": 1, "transcribe": 12, "align": 12, "diarize": 3, "finalize": 1}
    used = operations(calls, seconds=0, stored=0, kept_days=7, heartbeat=15)
    assert used["request"] == 29
    assert used["internal_step"] == 33 + 12 * 6 + 12 * 8 + 3 * 8 + 6
    assert cost({}, used, {}, table(request=1)).items == {
        **dict.fromkeys(ITEMS, 0.0),
        "requests": 29.0,
    }
    assert cost({}, used, {}, table(internal_step=0.5)).items["workflow"] == 115.5


def test_leases_are_renewed_while_a_stage_works() -> None:
    idle, busy = (operations({}, seconds=s, stored=0, kept_days=7, heartbeat=15) for s in (0, 150))
    assert (
        busy["document_read"] - idle["document_read"]
        == busy["document_write"] - idle["document_write"]
        == 10
    )


def test_sound_is_stored_until_work_is_deleted() -> None:
    # 2**30 bytes are 33,554.432 s of 16-bit sound at 16 kHz; 730 hours are a month
    used = operations({}, seconds=0, stored=33_554.432, kept_days=730 / 24, heartbeat=15)
    assert used["gib_month"] == pytest.approx(1)


def test_every_stage_and_every_unit_is_priced() -> None:
    used_by_calls = {unit for stage in STAGES.values() for unit in stage.operations}
    assert used_by_calls <= {unit for units in ITEMS.values() for unit in units}
    assert all(prices().of(unit) > 0 for unit in get_args(Unit) if unit != "event")


def test_a_missing_price_is_reported() -> None:
    written: dict[str, Any] = prices().model_dump()
    del written["google"]["l4_second"]
    with pytest.raises(ValidationError, match="no price of l4_second"):
        Prices.model_validate(written)


@pytest.mark.parametrize("wrong", [{"cpu": 0}, {"gpu": "h100"}, {"memory": 2}])
def test_wrong_resources_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Resources.model_validate({"cpu": 1, "memory_gib": 2, **wrong})


def test_every_price_says_where_it_is_published_and_where_it_was_seen() -> None:
    told = [(price.page, price.seen) for price in prices().google.values()]
    told += [(service.page, service.seen) for service in prices().services]
    assert all(page.startswith("https://") and seen for page, seen in told)
