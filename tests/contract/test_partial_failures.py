"""The workflow answers without parts that align or diarize failed at, and passes on why."""

import re
from typing import Any

import pytest

from emulators.workflows.errors import WorkflowError
from shared.model.errors import (
    AttemptsExhausted,
    BadOption,
    Bug,
    Cancelled,
    ModelUnavailable,
    Permanent,
    RecordingErased,
    StageBusy,
    StageError,
    StorageUnavailable,
)
from shared.model.finality import PROBLEMS_OF_THE_JOB
from tests.contract.test_transcription_workflow import WORKFLOW, Reply, Stages, artifact, run


class FailingStages(Stages):
    """Stages of which some calls always get the same reply."""

    def __init__(self, always: dict[tuple[str, int], Reply], **parts: Any) -> None:
        super().__init__(**parts)
        self.always = always

    def answer(self, stage: str, body: dict[str, Any]) -> Reply:
        reply = super().answer(stage, body)
        is_detection = body["params"].get("task") == "detect"
        part = body["params"].get("part", 0)
        return reply if is_detection else self.always.get((stage, part), reply)


def reply_of(error: StageError, stage: str) -> Reply:
    problem = error.problem("0" * 20, stage)
    return int(problem.status), problem.model_dump(mode="json")


def without_patience(source: str) -> str:
    """Returns the workflow with one retry in place of hours of them."""
    soon = source.replace("max_retries: 12", "max_retries: 1").replace(
        "max_retries: 887", "max_retries: 1"
    )
    fast = re.sub(r"(initial_delay|max_delay): \d+", r"\1: 0.01", soon)
    return fast.replace("${int(sys.now() * 1000) % 120}", "0")


DIED = AttemptsExhausted("diarize died 3 times at part 1")


def test_a_span_that_fails_for_good_costs_only_its_own_turns() -> None:
    stages = FailingStages({("diarize", 1): reply_of(DIED, "diarize")}, chunks=3, spans=3)
    assert run(stages)["state"] == "done"
    finalize = stages.last("finalize")
    words = {f"words-{part}" for part in range(3)}
    assert set(finalize["inputs"]) == {
        "manifest",
        "peaks",
        "language",
        "turns-0",
        "turns-2",
        *words,
    }
    assert finalize["params"]["failures"] == {
        "diarize-1": {
            "code": 422,
            "type": "urn:dropscribe:problem:attempts-exhausted",
            "detail": "diarize died 3 times at part 1",
        }
    }
    assert stages.names().count("diarize") == 3, "what is final is not retried"
    assert stages.names().count("finalize") == 1


def test_a_chunk_that_cannot_be_aligned_keeps_what_was_recognised() -> None:
    bug = reply_of(Bug("The log holds the traceback."), "align")
    stages = FailingStages({("align", 0): bug}, chunks=2, spans=1)
    assert run(stages)["state"] == "done"
    finalize = stages.last("finalize")
    expected = {"manifest", "peaks", "language", "turns-0", "recognition-0", "words-1"}
    assert set(finalize["inputs"]) == expected
    assert finalize["inputs"]["recognition-0"] == artifact("recognition")
    assert set(finalize["params"]["failures"]) == {"align-0"}


@pytest.mark.parametrize("stage", ["align", "diarize"])
@pytest.mark.parametrize(
    ("reply", "failure"),
    [
        ((502, {}), {"code": 502}),
        ((503, "upstream error"), {"code": 503}),
        ((404, {"error": {"code": 404}}), {"code": 404}),
        ((403, {"type": "about:blank", "detail": "Forbidden"}), {"code": 403}),
        ((403, {"type": ["odd"], "detail": {}}), {"code": 403}),
        (
            reply_of(StorageUnavailable("not now"), "stage"),
            {
                "code": 503,
                "type": "urn:dropscribe:problem:storage-unavailable",
                "detail": "not now",
            },
        ),
        (
            reply_of(ModelUnavailable("é" * 300), "stage"),
            {
                "code": 422,
                "type": "urn:dropscribe:problem:model-unavailable",
                "detail": "é" * 100,
            },
        ),
    ],
    ids=["502", "text", "platform", "foreign problem", "odd body", "unavailable", "long detail"],
)
def test_exhausted_retries_and_foreign_responses_are_failures_of_the_part(
    stage: str, reply: Reply, failure: dict[str, Any]
) -> None:
    stages = FailingStages({(stage, 0): reply}, chunks=1, spans=1)
    assert run(stages, source=without_patience(WORKFLOW))["state"] == "done"
    assert stages.last("finalize")["params"]["failures"] == {f"{stage}-0": failure}


@pytest.mark.parametrize("stage", ["align", "diarize"])
def test_a_lost_connection_is_a_failure_of_the_part(stage: str) -> None:
    """No server listens on port 9 of this machine."""
    url = 'sys.get_env("STAGE_URL_" + text.to_upper(stage))'
    unreachable = f'if(stage == "{stage}", "http://127.0.0.1:9/", {url})'
    stages = Stages(chunks=1, spans=1)
    run(stages, source=without_patience(WORKFLOW).replace(url, unreachable))
    assert stages.last("finalize")["params"]["failures"] == {f"{stage}-0": {"code": 0}}


@pytest.mark.parametrize("stage", ["align", "diarize"])
@pytest.mark.parametrize(
    "error",
    [
        BadOption("speakers"),
        Cancelled("by request"),
        RecordingErased("by request"),
        StageBusy("another attempt holds the lease"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_about_the_job_ends_the_run(stage: str, error: StageError) -> None:
    stages = FailingStages({(stage, 0): reply_of(error, stage)}, chunks=1, spans=1)
    with pytest.raises(WorkflowError):
        run(stages, source=without_patience(WORKFLOW))
    assert "error" in stages.last("finalize")["params"]
    assert stages.names().count("finalize") == 1


def test_the_workflow_and_the_code_know_the_same_problems_of_the_job() -> None:
    listed = WORKFLOW.partition("about_the_job:\n")[2].partition("    - by_kind:")[0]
    assert tuple(re.findall(r'- "(.*)"', listed)) == PROBLEMS_OF_THE_JOB


def test_a_failure_to_transcribe_still_ends_the_run() -> None:
    stages = FailingStages({("transcribe", 1): reply_of(DIED, "transcribe")}, chunks=2, spans=1)
    with pytest.raises(WorkflowError):
        run(stages)
    assert "error" in stages.last("finalize")["params"]


def test_the_longest_recording_with_every_part_failing_stays_within_googles_memory() -> None:
    long = reply_of(ModelUnavailable("x" * 5000), "stage")
    always = {("align", part): long for part in range(200)}
    always |= {("diarize", part): long for part in range(48)}
    stages = FailingStages(always, chunks=200, spans=48)
    assert run(stages)["state"] == "done"
    finalize = stages.last("finalize")
    assert len(finalize["params"]["failures"]) == 200 + 48
    assert set(finalize["inputs"]) == {
        "manifest",
        "peaks",
        "language",
        *(f"recognition-{part}" for part in range(200)),
    }


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["align", "diarize"])
def test_every_final_problem_that_is_not_about_the_job_costs_only_the_part(stage: str) -> None:
    for kind in permanent_kinds(Permanent):
        if kind.name() in PROBLEMS_OF_THE_JOB:
            continue
        stages = FailingStages({(stage, 0): reply_of(kind("d"), stage)}, chunks=1, spans=1)
        assert run(stages)["state"] == "done", kind.name()


def permanent_kinds(kind: type[StageError]) -> list[type[StageError]]:
    """Returns the classes beneath an error class."""
    found = []
    for derived in kind.__subclasses__():
        found += [derived, *permanent_kinds(derived)]
    return found
