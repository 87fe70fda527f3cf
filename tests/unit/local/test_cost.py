"""The cost forecast uses the benchmarks' figures, and the docs show what it prints."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from local.cli import main
from local.cost import NoForecast, find_recogniser, forecast, recognisers
from shared.model.cost import CORRECTION, ITEMS, prices, usd_of_units, usd_per_second
from shared.model.formats import FORMATS
from shared.model.stages import FUNCTIONS, STAGE_FUNCTIONS, STAGES

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "cost.md").read_text()
SHOWN = re.findall(r"```console\n\$ make cost ([^\n]*)\n(.*?)```", DOCS, re.DOTALL)


def asked(line: str) -> Result:
    """The command as make calls it."""
    words = [word.partition("=") for word in line.split()]
    return CliRunner().invoke(
        main, ["cost", *(part for name, _, value in words for part in (f"--{name.lower()}", value))]
    )


def base(hours: float, recordings: int, **rtf: float) -> Any:
    return forecast(hours, recordings, "base", "cpu", rtf=rtf, idle_minutes=15)


def test_measured_paces_are_those_of_the_benchmark() -> None:
    long = json.loads((ROOT / "benchmarks/results/chain.json").read_text())["figures"][
        "conversations"
    ][1]
    seconds = long["dropscribe"]["stage_seconds"]
    factors = {stage: round(spent / long["audio_seconds"], 4) for stage, spent in seconds.items()}
    paces = {name: stage.pace for name, stage in STAGES.items() if stage.pace}
    measured = {name: pace.rtf for name, pace in paces.items() if pace.origin == "measured"}
    assert measured == {stage: factors[stage] for stage in ("prepare", "align", "diarize")}
    recogniser = find_recogniser("base", "cpu")
    assert (recogniser.rtf, recogniser.detect) == (factors["transcribe"], seconds["detect"])
    assert [pace.model for pace in recognisers() if pace.origin == "measured"] == ["base"]


def test_the_instances_that_were_measured_hold_the_memory_that_was_measured() -> None:
    most = json.loads((ROOT / "benchmarks/results/memory.json").read_text())["figures"]
    for stage in STAGE_FUNCTIONS:
        memory = FUNCTIONS[stage].resources.memory_gib
        assert most["chain"]["60 min"][stage] < memory * 1024, stage


def test_the_instances_are_those_that_terraform_deploys() -> None:
    deployed = json.loads((ROOT / "shared" / "generated" / "stages.json").read_text())
    for stage, pace in base(1, 1).paces.items():
        facts = deployed[STAGES[stage].function]
        assert (pace.resources.cpu, pace.resources.memory_gib) == (
            facts["cpu"],
            facts["memory_gib"],
        )


def test_every_stage_has_a_pace_and_a_price() -> None:
    assert {name for name, stage in STAGES.items() if stage.pace is None} == {
        "detect",
        "transcribe",
    }
    for known in recognisers():
        made = forecast(1, 1, known.model, known.device, rtf={}, idle_minutes=15)
        assert set(made.cost.items) - {"idle"} == {*STAGES, *ITEMS}
        assert all(made.cost.items[stage] > 0 for stage in STAGES)


def test_ten_hours_in_twenty_recordings_by_hand() -> None:
    made = base(10, 20, transcribe=0.2)
    assert made.seconds["transcribe"] == 7200 and made.seconds["detect"] == 56
    assert made.cost.items["transcribe"] == 0.2268  # 7200 s x (0.000024 + 3 x 0.0000025)
    # half an hour is 6 chunks and 2 spans: prepare, detect, 6, 6, 2, finalize
    assert made.operations["request"] == 20 * 17
    assert made.operations["internal_step"] == 20 * (33 + 8 + 6 * 14 + 2 * 8 + 6)
    assert made.cost.total == pytest.approx(sum(made.cost.items.values()))


def test_a_gpu_is_idle_once_for_any_number_of_hours() -> None:
    short, long = (
        forecast(hours, 1, "large-v3", "l4", rtf={}, idle_minutes=10) for hours in (1, 12)
    )
    instance = find_recogniser("large-v3", "l4").resources
    assert (
        short.cost.items["idle"]
        == long.cost.items["idle"]
        == round(600 * usd_per_second(instance, prices()), 8)
    )
    assert "idle" not in base(1, 1).cost.items


@pytest.mark.parametrize(("hours", "recordings"), [(13, 1), (100, 2)])
def test_recordings_that_are_too_long_are_refused(hours: float, recordings: int) -> None:
    with pytest.raises(NoForecast, match="12 hours at most"):
        base(hours, recordings)


@pytest.mark.parametrize(
    ("line", "says", "code"),
    [
        ("HOURS=abc", "'abc' is not a valid float", 2),
        ("HOURS=0", "0 is not more than 0", 2),
        ("HOURS=nan", "nan is not more than 0", 2),
        (
            "HOURS=1 MODEL=huge",
            "no pace is known of the model 'huge' on cpu; known are base on cpu",
            1,
        ),
        ("HOURS=1 DEVICE=l4", "no pace is known of the model 'base' on l4", 1),
        ("HOURS=1 DEVICE=h100", "'h100' is not one of", 2),
        ("HOURS=1 FILES=0", "0 is not in the range", 2),
        ("HOURS=1 IDLE=-1", "-1.0 is not in the range", 2),
        ("HOURS=1 RTF=transcribe", "'transcribe' is not STAGE=FACTOR", 2),
        ("HOURS=1 RTF=align=-1", "'align=-1' is not STAGE=FACTOR", 2),
        ("HOURS=1 RTF=gateway=1", "gateway: no such stage", 1),
        ("HOURS=100 FILES=2", "12 hours at most", 1),
    ],
)
def test_bad_input_gets_a_message(line: str, says: str, code: int) -> None:
    result = asked(line)
    assert says in result.output
    assert result.exit_code == code


def test_what_is_assumed_is_marked_and_sourced() -> None:
    output = asked("HOURS=1 MODEL=large-v3 DEVICE=l4").output
    assert re.search(r"transcribe .* L4, assumed .* USD", output)
    assert find_recogniser("large-v3", "l4").source in output
    assert re.search(r"transcribe .* given .* USD", asked("HOURS=1 RTF=transcribe=0.5").output)


def test_every_service_is_listed_with_its_date() -> None:
    output = asked("HOURS=2").output
    for service in prices().services:
        name = re.escape(service.name)
        usd = 2 * service.usd_per_hour
        assert re.search(rf"{name} +as of {service.as_of} +{usd:.4f} USD", output)


@pytest.mark.parametrize(("line", "shown"), SHOWN, ids=[line for line, _ in SHOWN])
def test_the_docs_show_what_it_prints(line: str, shown: str) -> None:
    assert asked(line).output == shown


def test_the_docs_show_a_cpu_and_an_l4() -> None:
    assert [line for line, _ in SHOWN] == ["HOURS=1 MODEL=base", "HOURS=1 MODEL=large-v3 DEVICE=l4"]


def test_figures_in_the_docs_text_are_still_true() -> None:
    hundred = forecast(100, 100, "large-v3", "l4", rtf={}, idle_minutes=15)
    assert f"{hundred.cost.total / 100:.4f} USD an hour" in DOCS
    five_minutes = base(1 / 12, 1)
    refused = 230 * (3 * prices().of("internal_step") + prices().of("request"))
    assert f"{refused:.3f} USD more than the {five_minutes.cost.total:.4f} of its work" in DOCS
    for model, device in (("base", "cpu"), ("large-v3", "l4")):
        resources = find_recogniser(model, device).resources
        hour = 3600 * usd_per_second(resources, prices())
        assert f"| {hour:.4f} USD | {730 * hour:.0f} USD |" in DOCS
    notify = usd_per_second(FUNCTIONS["notify"].resources, prices())
    push = prices().of("request") + 0.1 * notify
    event = push + 2 * prices().of("document_read")
    assert f"| {event:.6f} USD a job |" in DOCS
    assert f"| {470 * (push + 4 * prices().of('document_read')):.3f} USD an event |" in DOCS
    most = sum(
        function.max_instances * 730 * 3600 * usd_per_second(function.resources, prices())
        for function in FUNCTIONS.values()
    )
    instances = sum(function.max_instances for function in FUNCTIONS.values())
    assert (
        f"({instances} instances) that is at most {most:,.0f} USD a month, and "
        f"{2 * most:,.0f} USD with twice the sum" in DOCS
    )


def test_what_a_correction_and_a_format_cost_is_in_the_docs() -> None:
    documents = json.loads((ROOT / "benchmarks/results/documents.json").read_text())["figures"]
    seconds = {name: figures.get("cpu_seconds", 0.0) for name, figures in documents.items()}
    drawn = sum(seconds[name] for name, spec in FORMATS.items() if spec.is_default) / 12
    finalize = usd_per_second(FUNCTIONS["finalize"].resources, prices())
    correction = usd_of_units(CORRECTION, CORRECTION, prices()) + drawn * finalize
    steps = CORRECTION["internal_step"]
    assert f"an execution of {steps} steps" in DOCS
    assert f"default formats: {drawn:.1f} s for an hour of audio | {correction:.4f} USD |" in DOCS
    assert f"with a hundred saves adds {100 * correction:.2f} USD" in DOCS
    slowest = max(seconds[name] for name in FORMATS)
    gateway = usd_per_second(FUNCTIONS["gateway"].resources, prices())
    assert f"at most {slowest:.1f} s for 12 hours" in DOCS
    assert f"(`python -m benchmarks.documents`) | {slowest * gateway:.4f} USD |" in DOCS
    reads = 1800 * 20 * 4 * prices().of("document_read")
    assert f"every two seconds: {reads:.2f} USD an hour" in DOCS
