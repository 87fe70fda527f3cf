"""The cost forecast uses the benchmarks' figures, and the docs show what it prints."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from local.cli import main
from local.cost import NoForecast, forecast, paces
from local.layout import FUNCTIONS, STAGES
from shared.model.cost import FUNCTION, ITEMS, Resources, prices, second

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "cost.md").read_text()
SHOWN = re.findall(r"```console\n\$ make cost ([^\n]*)\n(.*?)```", DOCS, re.DOTALL)
DEPLOYED = {
    name: (Resources(cpu=float(cpu), memory_gib=float(memory)), int(instances))
    for name, cpu, memory, instances in re.findall(
        r"(\w+) += \{ model = \w+, cpu = (\d+), memory_gib = (\d+), .*max_instances = (\d+) \}",
        (ROOT / "terraform" / "stages.tf").read_text(),
    )
}
"""What a function gets, and how many of it there may be."""


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
    seconds, measured = long["dropscribe"]["stage_seconds"], paces().stages
    factors = {stage: round(spent / long["audio_seconds"], 4) for stage, spent in seconds.items()}
    assert {stage: measured[stage].rtf for stage in ("prepare", "align", "diarize")} == {
        stage: factors[stage] for stage in ("prepare", "align", "diarize")
    }
    recogniser = paces().recogniser("base", "cpu")
    assert (recogniser.rtf, recogniser.detect) == (factors["transcribe"], seconds["detect"])
    measured_ones = {name for name, pace in measured.items() if pace.origin == "measured"}
    assert measured_ones == {"prepare", "align", "diarize"}
    assert [pace.model for pace in paces().recognisers if pace.origin == "measured"] == ["base"]


def test_the_instances_that_were_measured_hold_the_memory_that_was_measured() -> None:
    most = json.loads((ROOT / "benchmarks/results/memory.json").read_text())["figures"]
    sizes = {**paces().stages, "transcribe": paces().recogniser("base", "cpu")}
    for part in STAGES:
        assert most["chain"]["60 min"][part] < sizes[part].resources.memory_gib * 1024, part


def test_the_instances_are_those_that_terraform_deploys() -> None:
    assert set(DEPLOYED) == set(FUNCTIONS)
    priced = {name: pace.resources for name, pace in paces().stages.items()}
    priced["transcribe"] = paces().recogniser("base", "cpu").resources
    assert priced == {name: DEPLOYED[name][0] for name in STAGES}


def test_every_function_has_a_pace_and_every_stage_a_price() -> None:
    assert {*paces().stages, "transcribe"} == set(STAGES)
    for known in paces().recognisers:
        made = forecast(1, 1, known.model, known.device, rtf={}, idle_minutes=15)
        assert set(made.cost.items) - {"idle"} == {*FUNCTION, *ITEMS}
        assert all(made.cost.items[stage] > 0 for stage in FUNCTION)


def test_ten_hours_in_twenty_recordings_by_hand() -> None:
    made = base(10, 20, transcribe=0.2)
    assert made.seconds["transcribe"] == 7200 and made.seconds["detect"] == 106
    assert made.cost.items["transcribe"] == 0.2268  # 7200 s x (0.000024 + 3 x 0.0000025)
    # half an hour is 6 chunks and 2 spans: prepare, detect, 6, 6, 2, finalize
    assert made.operations["request"] == 20 * 17
    assert made.operations["internal_step"] == 20 * (27 + 8 + 6 * 13 + 2 * 7 + 6)
    assert made.cost.total == pytest.approx(sum(made.cost.items.values()))


def test_a_gpu_waits_once_however_much_there_is() -> None:
    short, long = (
        forecast(hours, 1, "large-v3", "l4", rtf={}, idle_minutes=10) for hours in (1, 12)
    )
    instance = paces().recogniser("large-v3", "l4").resources
    assert (
        short.cost.items["idle"]
        == long.cost.items["idle"]
        == round(600 * second(instance, prices()), 8)
    )
    assert "idle" not in base(1, 1).cost.items


@pytest.mark.parametrize(("hours", "recordings"), [(13, 1), (100, 2)])
def test_recordings_that_no_chain_takes_are_refused(hours: float, recordings: int) -> None:
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
def test_bad_input_is_told(line: str, says: str, code: int) -> None:
    result = asked(line)
    assert says in result.output
    assert result.exit_code == code


def test_what_is_assumed_is_marked_and_sourced() -> None:
    output = asked("HOURS=1 MODEL=large-v3 DEVICE=l4").output
    assert re.search(r"transcribe .* L4, assumed .* USD", output)
    assert paces().recogniser("large-v3", "l4").source in output
    assert re.search(r"transcribe .* given .* USD", asked("HOURS=1 RTF=transcribe=0.5").output)


def test_every_service_stands_beside_it_with_its_date() -> None:
    output = asked("HOURS=2").output
    for service in prices().services:
        assert re.search(
            rf"{re.escape(service.name)} +as of {service.as_of} +{service.usd_per_hour * 2:.4f} USD",
            output,
        )


@pytest.mark.parametrize(("line", "shown"), SHOWN, ids=[line for line, _ in SHOWN])
def test_the_docs_show_what_it_prints(line: str, shown: str) -> None:
    assert asked(line).output == shown


def test_the_docs_show_a_cpu_and_an_l4() -> None:
    assert [line for line, _ in SHOWN] == ["HOURS=1 MODEL=base", "HOURS=1 MODEL=large-v3 DEVICE=l4"]


def test_figures_in_the_docs_text_are_still_true() -> None:
    hundred = forecast(100, 100, "large-v3", "l4", rtf={}, idle_minutes=15)
    assert f"{hundred.cost.total / 100:.4f} USD an hour" in DOCS
    five_minutes = base(1 / 12, 1)
    refused = 124 * (3 * prices().of("internal_step") + prices().of("request"))
    assert f"{refused:.3f} USD more than the {five_minutes.cost.total:.4f} of its work" in DOCS
    cpu, l4 = (
        paces().recogniser(*pair).resources for pair in (("base", "cpu"), ("large-v3", "l4"))
    )
    assert (
        f"| {3600 * second(cpu, prices()):.4f} USD | {730 * 3600 * second(cpu, prices()):.0f} USD |"
        in DOCS
    )
    assert (
        f"| {3600 * second(l4, prices()):.4f} USD | {730 * 3600 * second(l4, prices()):.0f} USD |"
        in DOCS
    )
    most = sum(
        number * 730 * 3600 * second(resources, prices()) for resources, number in DEPLOYED.values()
    )
    instances = sum(number for _, number in DEPLOYED.values())
    assert f"({instances} instances) that is at most {most:,.0f} USD a month" in DOCS
