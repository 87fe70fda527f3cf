"""workflows/transcription.yaml calls every stage with the right arguments on the runner."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from emulators.workflows.errors import WorkflowError
from emulators.workflows.events import received
from emulators.workflows.tests.running import run_workflow
from local.layout import STAGES
from shared.jobs.inbox import EDITS_FILE_OF_RECORDING, NO_RECORDING
from shared.model.errors import Permanent, Transient
from shared.model.finality import statuses

WORKFLOW = (Path(__file__).parents[2] / "workflows" / "transcription.yaml").read_text()
ARCHITECTURE = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text()
EVENT = json.loads(
    """{
    "specversion": "1.0",
    "id": "1",
    "type": "google.cloud.storage.object.v1.finalized",
    "bucket": "inbox",
    "source": "//storage.googleapis.com/projects/_/buckets/inbox",
    "subject": "objects/team/call.wav",
    "data": {
        "bucket": "inbox",
        "name": "team/call.wav",
        "generation": "1795328389992551",
        "size": "1048576"
    }
    }"""
)
EVENTARC = Path(__file__).parents[2] / "emulators" / "workflows" / "tests" / "contract" / "eventarc"
SOURCE = {"bucket": "inbox", "name": "team/call.wav", "generation": 1795328389992551}
Reply = tuple[int, dict[str, Any]]


def artifact(name: str) -> dict[str, Any]:
    uri = f"gs://dropscribe-work-of-a-long-project-name/{'0' * 20}/prepare/{'0' * 16}-{name}.json"
    return {"uri": uri, "generation": 1795328389992551, "sha256": "f" * 64}


class Stages:
    """Answers for every stage; `instead` gives other answers for some calls, one after the
    other."""

    def __init__(self, chunks: int = 2, spans: int = 1, **plan: Any) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.instead: dict[str, list[Reply]] = {}
        self.single_outputs = ["manifest", "probe", "peaks"]
        """Of prepare."""
        self.plan = {
            "detect": {"task": "detect"},
            "transcribe": {},
            "align": {},
            "diarize": {},
            "finalize": {},
            **plan,
        }
        self.chunks, self.spans = chunks, spans
        self.lock = threading.Lock()

    def answer(self, stage: str, body: dict[str, Any]) -> Reply:
        with self.lock:
            self.asked.append((stage, body))
            if self.instead.get(stage):
                return self.instead[stage].pop(0)
        if stage == "finalize":
            return 200, {"job_id": "0" * 20, "state": "done", "outputs": {"json": "gs://outbox/x"}}
        common = {
            "job_id": "0" * 20,
            "stage": stage,
            "stage_version": "1",
            "reused": False,
            "engine": None,
        }
        return 200, {
            **common,
            "seconds": 1.0,
            "outputs": self.outputs(stage, body),
            **self.preparation(stage),
        }

    def outputs(self, stage: str, body: dict[str, Any]) -> dict[str, Any]:
        if stage == "prepare":
            parts = {"chunks": self.chunks, "spans": self.spans}
            lists = {name: [artifact(name) for _ in range(count)] for name, count in parts.items()}
            return {**{name: artifact(name) for name in self.single_outputs}, **lists}
        detecting = body["params"].get("task") == "detect"
        made = {
            "transcribe": "language" if detecting else "recognition",
            "align": "aligned",
            "diarize": "diarization",
        }[stage]
        return {made: artifact(made)}

    def preparation(self, stage: str) -> dict[str, Any]:
        return {"duplicate": False, "plan": self.plan} if stage == "prepare" else {}

    def names(self) -> list[str]:
        return [stage for stage, _ in self.asked]

    def last(self, stage: str) -> dict[str, Any]:
        return [body for name, body in self.asked if name == stage][-1]


@contextmanager
def served(answer: Callable[[str, dict[str, Any]], Reply]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, reply = answer(self.path.strip("/"), body)
            content = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 64
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def run(stages: Stages, argument: Any = EVENT, source: str = WORKFLOW) -> Any:
    with served(stages.answer) as url:
        environment = {f"STAGE_URL_{stage.upper()}": f"{url}/{stage}" for stage in STAGES}
        environment |= {
            "STAGE_AUDIENCE": "dropscribe",
            "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": "execution-1",
        }
        return run_workflow(source, argument, environment)


def impatient(source: str) -> str:
    """The same workflow with shorter waits between its retries."""
    delays = {
        "initial_delay: 1\n": "initial_delay: 0.01\n",
        "max_delay: 120": "max_delay: 0.02",
        "initial_delay: 60": "initial_delay: 0.01",
        "max_delay: 60": "max_delay: 0.01",
    }
    for delay, shorter in delays.items():
        source = source.replace(delay, shorter)
    return source


def problem(status: int, type_: str = "urn:dropscribe:problem:not-audio") -> Reply:
    return status, {"type": type_, "title": "T", "status": status, "detail": "d"}


def test_every_part_is_heard_and_everything_reaches_finalize() -> None:
    stages = Stages(chunks=3, spans=2)
    assert run(stages)["state"] == "done"
    assert sorted(stages.names()) == sorted(
        ["prepare", *["transcribe"] * 4, *["align"] * 3, *["diarize"] * 2, "finalize"]
    )
    words, turns = {f"words-{n}" for n in range(3)}, {f"turns-{n}" for n in range(2)}
    assert set(stages.last("finalize")["inputs"]) == {
        "manifest",
        "peaks",
        "language",
        *words,
        *turns,
    }
    assert stages.last("finalize")["params"] == {
        "run": 1,
        "execution": "execution-1",
        "failures": {},
    }
    assert all(body["source"] == SOURCE for _, body in stages.asked)


@pytest.mark.parametrize(
    "generation", ["1795328389992551", 1795328389992551], ids=["string", "number"]
)
@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_the_argument_that_eventarc_gives_is_understood(mode: str, generation: str | int) -> None:
    """Attributes and data in one map; 64-bit numbers are strings in the JSON API, and numbers in
    some libraries."""
    sent = json.loads((EVENTARC / f"{mode}.json").read_text())
    headers = {name.lower(): value for name, value in sent["headers"].items()}
    argument = received(headers, json.dumps(sent["body"]).encode(), "inbox")
    assert argument is not None
    stages = Stages()
    run(stages, {**argument, "data": {**argument["data"], "generation": generation}})
    assert stages.last("prepare")["source"] == {**SOURCE, "name": "team/call one.wav"}


def test_a_recording_that_an_older_prepare_prepared_is_answered_without_peaks() -> None:
    stages = Stages(chunks=1)
    stages.single_outputs.remove("peaks")
    assert run(stages)["state"] == "done"
    assert set(stages.last("finalize")["inputs"]) == {"manifest", "language", "words-0", "turns-0"}


def test_parts_are_numbered() -> None:
    stages = Stages(chunks=3)
    run(stages)
    heard = [
        body
        for stage, body in stages.asked
        if stage == "transcribe" and "task" not in body["params"]
    ]
    assert sorted(body["params"]["part"] for body in heard) == [0, 1, 2]
    assert all(set(body["inputs"]) == {"audio", "manifest", "language"} for body in heard)


def test_if_only_the_language_is_wanted_nothing_is_transcribed() -> None:
    stages = Stages(transcribe=None, align=None, diarize=None)
    run(stages)
    assert stages.names() == ["prepare", "transcribe", "finalize"]
    assert stages.asked[1][1]["params"] == {"task": "detect"}
    assert set(stages.last("finalize")["inputs"]) == {"manifest", "peaks", "language"}


def test_a_given_language_is_not_detected_and_no_speakers_means_no_diarization() -> None:
    stages = Stages(detect=None, diarize=None, transcribe={"language": "de"})
    run(stages)
    assert "diarize" not in stages.names()
    transcribed = [body for stage, body in stages.asked if stage == "transcribe"]
    assert all(set(body["inputs"]) == {"audio", "manifest"} for body in transcribed)
    assert {body["params"]["language"] for body in transcribed} == {"de"}


def test_the_longest_recording_stays_within_googles_memory() -> None:
    stages = Stages(chunks=200, spans=48)
    assert run(stages)["state"] == "done"
    assert len(stages.last("finalize")["inputs"]) == 3 + 200 + 48


def test_a_redrive_brings_its_run_and_options() -> None:
    stages = Stages()
    run(stages, {"source": SOURCE, "run": 3, "options": {"language": "de"}})
    assert stages.last("prepare")["params"] == {
        "run": 3,
        "execution": "execution-1",
        "options": {"language": "de"},
    }


def test_a_duplicate_asks_nothing_more() -> None:
    stages = Stages()
    stages.instead["prepare"] = [(200, {"job_id": "x", "duplicate": True})]
    assert run(stages) == {"duplicate": True}
    assert stages.names() == ["prepare"]


@pytest.mark.parametrize(
    "name",
    ["folder/", "a/options.json", "a/.edits.json", "gcloud/tmp/parallel_composite_uploads/x/part"],
)
def test_what_is_no_recording_is_ignored(name: str) -> None:
    stages = Stages()
    assert run(stages, {**EVENT, "data": {**EVENT["data"], "name": name}}) == {"ignored": True}
    assert stages.asked == []


def test_the_workflow_and_the_code_ignore_the_same() -> None:
    rules = re.findall(r'text\.match_regex\(source\.name, "(.*)"\)', WORKFLOW)
    assert rules == [EDITS_FILE_OF_RECORDING.pattern, NO_RECORDING.pattern]


def test_corrections_in_the_inbox_are_handed_to_finalize_and_to_no_other_stage() -> None:
    stages = Stages()
    event = {**EVENT, "data": {**EVENT["data"], "name": "a/call.mp3.edits.json"}}
    run(stages, event)
    assert stages.names() == ["finalize"]
    assert stages.asked[0][1]["params"]["edits_file"] is True


@pytest.mark.parametrize("stage", ["prepare", "transcribe"])
def test_a_final_failure_is_reported_and_fails_the_execution(stage: str) -> None:
    stages = Stages()
    stages.instead[stage] = [problem(415)]
    with pytest.raises(WorkflowError):
        run(stages)
    params = stages.last("finalize")["params"]
    assert (params["run"], params["execution"]) == (1, "execution-1")
    if (
        stage == "prepare"
    ):  # in a parallel branch Google wraps the error; the stage has left the problem in work
        assert params["error"] == {"code": 415, "problem": problem(415)[1]}


@pytest.mark.parametrize(
    "reply", [problem(429), problem(503), (502, {}), (504, {}), (500, {"error": "no instance"})]
)
def test_what_may_pass_is_asked_again(reply: Reply) -> None:
    stages = Stages()
    stages.instead["align"] = [reply, reply]
    assert run(stages, source=impatient(WORKFLOW))["state"] == "done"
    assert stages.names().count("align") == 2 + 2


@pytest.mark.parametrize("status", [401, 403])
def test_the_first_call_is_repeated_while_a_new_role_does_not_work_everywhere(status: int) -> None:
    stages = Stages()
    stages.instead["prepare"] = [(status, {"error": "forbidden"})] * 10
    assert run(stages, source=impatient(WORKFLOW))["state"] == "done"
    assert stages.names().count("prepare") == 10 + 1


@pytest.mark.parametrize(
    ("stage", "reply"),
    [("prepare", problem(403)), ("prepare", (404, {})), ("transcribe", (403, {}))],
    ids=["by prepare itself", "another status", "a later call"],
)
def test_another_refusal_is_not_repeated(stage: str, reply: Reply) -> None:
    stages = Stages(chunks=1, detect=None)
    stages.instead[stage] = [reply]
    with pytest.raises(WorkflowError):
        run(stages, source=impatient(WORKFLOW))
    assert stages.names().count(stage) == 1


ASK_MAY_PASS = """
main:
  params: [errors]
  steps:
    - begin:
        assign:
          - passing: []
    - each:
        for:
          value: error
          in: ${errors}
          steps:
            - ask:
                call: may_pass
                args:
                  error: ${error}
                result: passes
            - keep:
                assign:
                  - passing: ${list.concat(passing, passes)}
    - done:
        return: ${passing}

"""
"""A workflow that calls the predicate of the real one with each error of a list."""


def retried(body: object) -> set[int]:
    """Returns the HTTP statuses, of all from 400, that the workflow calls again when a stage
    answers with the body."""
    predicate = WORKFLOW[WORKFLOW.index("\nmay_pass:\n") :]
    codes = range(400, 600)
    errors = [{"code": code, "body": body, "tags": ["HttpError"]} for code in codes]
    passing = run_workflow(ASK_MAY_PASS + predicate, errors)
    return {code for code, passes in zip(codes, passing, strict=True) if passes}


@pytest.mark.parametrize(
    ("tag", "passes"),
    [
        ("AuthError", True),
        ("ConnectionError", True),
        ("ConnectionFailedError", True),
        ("SystemError", True),
        ("TimeoutError", True),
        ("KeyError", False),
        ("ResourceLimitError", False),
        ("TypeError", False),
        ("ValueError", False),
    ],
)
def test_an_error_without_a_status_is_asked_again_by_its_tag(tag: str, passes: bool) -> None:
    """They are Google's own: no token for the call, no connection, a failure of Workflows. The
    others are bugs of the workflow."""
    predicate = WORKFLOW[WORKFLOW.index("\nmay_pass:\n") :]
    assert run_workflow(ASK_MAY_PASS + predicate, [{"tags": [tag], "message": ""}]) == [passes]


def test_the_workflow_retries_what_the_error_classes_call_transient() -> None:
    again = retried(problem(500)[1])
    assert again >= statuses(Transient)
    assert again.isdisjoint(statuses(Permanent))


@pytest.mark.parametrize("body", ["upstream error", {"error": "no instance"}], ids=["text", "map"])
def test_a_500_that_is_no_problem_of_ours_is_retried(body: object) -> None:
    assert retried(body) == retried(problem(500)[1]) | {500}


def test_the_architecture_names_what_the_workflow_retries() -> None:
    (row,) = re.findall(
        r"(?m)^\| the workflow \| a call with response (.*?), a 500 without our problem type",
        ARCHITECTURE,
    )
    assert {int(status) for status in re.findall(r"\d{3}", row)} == retried(problem(500)[1])


@pytest.mark.parametrize("status", sorted(statuses(Permanent)))
def test_what_is_final_is_asked_once(status: int) -> None:
    stages = Stages(chunks=1, detect=None)
    stages.instead["transcribe"] = [problem(status)]
    with pytest.raises(WorkflowError):
        run(stages)
    assert stages.names().count("transcribe") == 1
