"""The record of each stage agrees with the workflow, the packages and the rights."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.generate import function_facts
from shared.model.stages import (
    FUNCTIONS,
    STAGE_FUNCTIONS,
    STAGES,
    FunctionSpec,
    Resources,
    parts_of,
)

ROOT = Path(__file__).parents[4]
DEPLOYMENT = (ROOT / "docs" / "deploy.md").read_text()
WORKFLOW = yaml.safe_load((ROOT / "workflows" / "transcription.yaml").read_text())


def stage_calls(node: Any) -> Iterator[dict[str, Any]]:
    """Yields the arguments of each call of a stage that the workflow makes."""
    if isinstance(node, dict):
        if node.get("call") == "call_stage":
            yield node["args"]
        for value in node.values():
            yield from stage_calls(value)
    elif isinstance(node, list):
        for value in node:
            yield from stage_calls(value)


def test_the_workflow_calls_every_function_that_serves_a_stage() -> None:
    called = {call["stage"] for call in stage_calls(WORKFLOW)}
    assert called == set(STAGE_FUNCTIONS)
    assert set(STAGE_FUNCTIONS) == {stage.function for stage in STAGES.values()}
    assert set(STAGE_FUNCTIONS) <= set(FUNCTIONS)


@pytest.mark.parametrize("stage", ["detect", "transcribe", "align", "diarize"])
def test_the_workflow_passes_a_stage_its_inputs_and_its_part(stage: str) -> None:
    """Each is called once, with the parameters of its plan."""
    bodies = [call["body"] for call in stage_calls(WORKFLOW)]
    (body,) = (body for body in bodies if f"plan.{stage}" in str(body.get("params")))
    names = set(re.findall(r'"(\w+)":', str(body["inputs"])))
    if isinstance(body["inputs"], dict):
        names = set(body["inputs"])
    assert names == set(STAGES[stage].inputs) - {"language"}
    assert ('"part":part' in body["params"]) is (STAGES[stage].part_kind != "job")


def test_every_extra_is_one_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {spec.extra for spec in FUNCTIONS.values() if spec.extra}
    assert extras <= set(project["optional-dependencies"])


def test_every_function_has_rights() -> None:
    rights = yaml.safe_load((ROOT / "docs" / "rights.yaml").read_text())
    assert set(FUNCTIONS) <= set(rights)
    assert set(rights["workflow"]["calls"]) == set(STAGE_FUNCTIONS)


def test_a_model_works_on_one_request_at_a_time() -> None:
    for spec in FUNCTIONS.values():
        if spec.has_model:
            assert (spec.concurrency, spec.local_threads) == (1, 1)


@pytest.mark.parametrize(
    ("cores", "workers"),
    [
        (1, {"prepare": 2, "transcribe": 1, "align": 1, "diarize": 1, "finalize": 1}),
        (8, {"prepare": 2, "transcribe": 4, "align": 2, "diarize": 2, "finalize": 1}),
    ],
)
def test_a_job_uses_workers_by_the_cores_of_the_machine(
    cores: int, workers: dict[str, int]
) -> None:
    assert {name: FUNCTIONS[name].workers_per_job(cores) for name in workers} == workers


def test_a_recording_takes_a_call_for_each_part() -> None:
    assert {stage: parts_of(stage, chunks=12, spans=3) for stage in STAGES} == {
        "prepare": 1,
        "detect": 1,
        "transcribe": 12,
        "align": 12,
        "diarize": 3,
        "finalize": 1,
    }


def test_a_fraction_of_a_gib_stays_one_in_the_generated_file() -> None:
    spec = FunctionSpec("new", Resources(cpu=1, memory_gib=0.5), max_instances=1)
    facts = function_facts(spec)
    assert (repr(facts["cpu"]), repr(facts["memory_gib"])) == ("1", "0.5")


def test_the_defaults_fit_into_the_quota_of_a_new_project() -> None:
    cpu, memory_gib = needed({})
    assert cpu <= 20 and memory_gib <= 40
    instances = sum(function.max_instances for function in FUNCTIONS.values())
    said = f"{instances} instances with {cpu:.0f} vCPU and {memory_gib:.0f} GiB"
    assert said in DEPLOYMENT


def test_the_page_of_deployments_adds_up_twice_the_instances() -> None:
    block = DEPLOYMENT.partition("test_stages.py -->")[2].partition("\n}\n")[0]
    found = re.findall(r"(\w+) += \{ max_instances = (\d+) \}", block)
    instances = {name: int(most) for name, most in found}
    assert instances.keys() == set(STAGE_FUNCTIONS)
    cpu, memory_gib = needed(instances)
    assert f"which takes {cpu:.0f} vCPU and {memory_gib:.0f} GiB" in DEPLOYMENT
    assert cpu <= 40 and memory_gib <= 80


def needed(instances: dict[str, int]) -> tuple[float, float]:
    """Returns vCPU and GiB of all instances. Functions that are not named have their defaults."""
    cpu = 0.0
    memory_gib = 0.0
    for name, function in FUNCTIONS.items():
        most = instances.get(name, function.max_instances)
        cpu += most * function.resources.cpu
        memory_gib += most * function.resources.memory_gib
    return cpu, memory_gib
