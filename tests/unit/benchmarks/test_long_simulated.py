"""The simulated recording takes the time of its slowest way, and costs what its instances do."""

import pytest

from benchmarks.long_simulated import (
    IDLE_SECONDS,
    START_SECONDS,
    Plan,
    all_figures,
    figures,
    on_cpus,
    on_l4,
    simulate,
)
from local.cost import find_recogniser
from shared.model.cost import prices, usd_per_second

STARTS = sum(START_SECONDS[name] for name in ("prepare", "transcribe", "align", "finalize"))
MEASURED = {
    "prepare": [10.0],
    "detect": [5.0],
    "transcribe": [100.0] * 20,
    "align": [10.0] * 20,
    "diarize": [50.0] * 5,
    "finalize": [2.0],
}


def plan(instances: int) -> Plan:
    """Returns a plan with so many instances of transcribe, and as many of align as it wants."""
    made = on_cpus(MEASURED)
    limits = {**made.instances, "transcribe": instances, "align": 20}
    return Plan(made.seconds, limits, made.resources)


def test_without_a_limit_chunks_are_transcribed_at_once_as_far_as_the_workflow_allows() -> None:
    seconds, functions = simulate(plan(instances=20))
    two_rounds = 2 * (100 + 10)  # 12 of the 20 chunks at once
    expected = 10 + 5 + two_rounds + 2 + STARTS
    assert seconds == pytest.approx(expected, abs=15)
    assert functions.started["transcribe"] == 12


def test_calls_beyond_the_instances_are_refused_and_made_again() -> None:
    seconds, functions = simulate(plan(instances=2))
    assert functions.started["transcribe"] == 2
    assert functions.refused > 0
    assert seconds > 20 / 2 * 100
    assert functions.billed_seconds["transcribe"] == 2000


def test_a_recording_of_which_the_language_is_given_is_not_detected() -> None:
    without = {stage: seconds for stage, seconds in MEASURED.items() if stage != "detect"}
    _, functions = simulate(on_cpus(without))
    assert "detect" not in functions.billed_seconds


def test_the_dollars_of_a_stage_are_those_of_its_billed_seconds() -> None:
    made = plan(instances=10)
    found = figures(made, audio_seconds=6000)
    price = usd_per_second(made.resources["transcribe"], prices())
    assert found["usd_by_item"]["transcribe"] == pytest.approx(2000 * price, abs=1e-4)
    assert found["usd"] == pytest.approx(sum(found["usd_by_item"].values()), abs=1e-3)


def test_an_l4_is_billed_while_it_is_idle() -> None:
    recogniser = find_recogniser("large-v3", "l4")
    made = on_l4(on_cpus(MEASURED), recogniser, audio_seconds=6000)
    assert made.seconds["transcribe"] == [recogniser.rtf * 300] * 20
    found = figures(made, audio_seconds=6000)
    price = usd_per_second(recogniser.resources, prices())
    assert found["usd_by_item"]["idle"] >= 2 * IDLE_SECONDS * price


def test_a_pace_that_was_not_measured_is_called_assumed() -> None:
    rows = all_figures({"audio_hours": 6000 / 3600, "stage_seconds": MEASURED})
    assert rows["base on CPUs"]["pace"] == "measured"
    for model in ("large-v3", "large-v3-turbo"):
        recogniser = find_recogniser(model, "l4")
        assert rows[f"{model} on L4s"]["pace"].startswith(recogniser.origin)
