"""A stage served over HTTP caches, retries, leases and reports errors correctly."""

import errno
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import flask
import pytest
from pydantic import BaseModel, ValidationError

from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.layout import problem_uri
from shared.jobs.store import JobStore
from shared.model.contracts import Artifact, Engine, Params, Source, StageRequest, StageResponse
from shared.model.errors import ArtifactMissing, JobStoreUnavailable, NotAudio, StorageUnavailable
from shared.ports.documents import Document
from shared.runtime.execution import execute, store_output
from shared.runtime.flask_adapter import serve
from shared.runtime.stage import ListedOutput, Output, SingleOutput, Stage, StageInput
from shared.runtime.wiring import blob_store, job_store, load_object
from shared.settings import settings

SOURCE = Source(bucket="inbox", name="talk.mp3", generation=1763791000123456)


class Said(BaseModel):
    text: str


class Asked(Params):
    loud: bool = False


class Bench:
    """A stage with its stores. `runs` counts how often it worked."""

    def __init__(self, blobs: MemoryBlobs, jobs: JobStore) -> None:
        self.blobs, self.jobs, self.runs = blobs, jobs, 0
        self.fail: Exception | None = None
        self.digest = "sha256:" + "1" * 64
        self.stage = Stage(
            "echo",
            "1",
            Asked,
            self.run,
            lambda _: Engine(name="e", version="1", digest=self.digest),
        )

    def run(self, task: StageInput[Asked]) -> Iterator[Output]:
        self.runs += 1
        if self.fail:
            raise self.fail
        text = task.files["audio"].read_text()
        for word in text.split():
            path = task.folder / "part.wav"
            path.write_text(word)
            yield ListedOutput("parts", path)
        yield SingleOutput("said", Said(text=text.upper() if task.params.loud else text))

    def put(self, text: str) -> Artifact:
        return store_output("gs://work/in", SingleOutput("audio", Said(text=text)), self.blobs)

    def answers(self) -> list[str]:
        return [blob.uri for blob in self.blobs.list(f"gs://dropscribe-work/{SOURCE.job_id}/")]

    def ask(self, body: dict[str, Any] | bytes, accept: str = "*/*") -> flask.Response:
        app = flask.Flask("test")
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        with app.test_request_context("/", method="POST", data=data, headers={"Accept": accept}):
            return serve("echo", flask.request, StageRequest, self.answer)

    def answer(self, asked: StageRequest) -> StageResponse:
        return execute(self.stage, asked, self.blobs, self.jobs)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("DROPSCRIBE_BLOB_STORE", "shared.adapters.memory:MemoryBlobs")
    monkeypatch.setenv("DROPSCRIBE_JOB_DOCUMENTS", "shared.adapters.memory:MemoryDocuments")
    settings.cache_clear()
    load_object.cache_clear()
    blobs = blob_store()
    assert isinstance(blobs, MemoryBlobs)
    yield Bench(blobs, JobStore(MemoryDocuments()))
    settings.cache_clear()
    load_object.cache_clear()


def request(audio: Artifact, **params: object) -> dict[str, Any]:
    asked = StageRequest(source=SOURCE, inputs={"audio": audio})
    return {**asked.model_dump(), "params": params}


def test_answers_with_artifacts_named_by_their_content(bench: Bench) -> None:
    reply = bench.ask(request(bench.put("hello world")))
    assert reply.status_code == 200
    answer = json.loads(reply.get_data())
    assert answer["outputs"]["said"]["uri"].startswith(
        f"gs://dropscribe-work/{SOURCE.job_id}/echo/"
    )
    assert len(answer["outputs"]["parts"]) >= 2
    assert (answer["reused"], answer["stage_version"]) == (False, "1")


def test_a_retry_is_given_the_first_answer(bench: Bench) -> None:
    audio = bench.put("twice")
    first, second = (json.loads(bench.ask(request(audio)).get_data()) for _ in range(2))
    assert (second["outputs"], second["reused"], bench.runs) == (first["outputs"], True, 1)


def test_whatever_changes_the_question_is_asked_anew(bench: Bench) -> None:
    audio = bench.put("again")
    bench.ask(request(audio))
    bench.ask(request(audio, loud=True))
    bench.ask(request(bench.put("another")))
    bench.digest = "sha256:" + "2" * 64
    bench.ask(request(audio))
    assert bench.runs == 4


def test_an_answer_whose_outputs_are_gone_is_worked_out_again(bench: Bench) -> None:
    audio = bench.put("gone")
    answer = json.loads(bench.ask(request(audio)).get_data())
    said = Artifact.model_validate(answer["outputs"]["said"])
    bench.blobs.delete(said.uri, said.generation)
    again = json.loads(bench.ask(request(audio)).get_data())
    assert (again["reused"], bench.runs) == (False, 2)
    assert bench.blobs.read(again["outputs"]["said"]["uri"])


def test_an_input_that_is_not_the_named_one_is_refused(bench: Bench) -> None:
    audio = bench.put("true").model_copy(update={"sha256": "0" * 64})
    reply = bench.ask(request(audio))
    assert reply.status_code == 412
    assert json.loads(reply.get_data())["type"] == "urn:dropscribe:problem:artifact-changed"


def test_a_missing_input_is_named(bench: Bench) -> None:
    reply = bench.ask(request(Artifact(uri="gs://work/none.wav", generation=1, sha256="0" * 64)))
    assert (reply.status_code, json.loads(reply.get_data())["detail"]) == (
        404,
        "gs://work/none.wav",
    )


@pytest.mark.parametrize(
    ("failure", "status", "type_"),
    [
        (NotAudio("a PDF"), 415, "urn:dropscribe:problem:not-audio"),
        (ZeroDivisionError("a secret"), 500, "urn:dropscribe:problem:bug"),
    ],
)
def test_a_final_failure_is_a_problem_and_is_left_for_finalize(
    bench: Bench, failure: Exception, status: int, type_: str
) -> None:
    bench.fail = failure
    reply = bench.ask(request(bench.put("x")))
    problem = json.loads(reply.get_data())
    assert (reply.status_code, reply.mimetype, problem["type"]) == (
        status,
        "application/problem+json",
        type_,
    )
    assert problem["job_id"] == SOURCE.job_id
    assert "secret" not in reply.get_data(as_text=True)
    assert (
        json.loads(bench.blobs.read(f"gs://dropscribe-work/{SOURCE.job_id}/problem.json"))
        == problem
    )


@pytest.mark.parametrize(
    "failure", [StorageUnavailable("down"), OSError(errno.ENOSPC, "No space left on device")]
)
def test_a_passing_failure_leaves_the_pace_to_the_workflow_and_leaves_nothing(
    bench: Bench, failure: Exception
) -> None:
    bench.fail = failure
    reply = bench.ask(request(bench.put("x")))
    assert (reply.status_code, "Retry-After" in reply.headers) == (503, False)
    assert bench.blobs.find(f"gs://dropscribe-work/{SOURCE.job_id}/problem.json") is None
    bench.fail = None
    assert bench.ask(request(bench.put("x"))).status_code == 200
    (task,) = bench.jobs.stage_records(SOURCE.job_id)
    assert (task.state, task.attempts) == ("done", 1)


def test_a_model_that_finds_no_room_is_no_bug(bench: Bench) -> None:
    def engine(_: Asked) -> Engine:
        raise OSError(errno.ENOSPC, "No space left on device")

    bench.stage = Stage("echo", "1", Asked, bench.run, engine)
    assert bench.ask(request(bench.put("x"))).status_code == 503
    assert bench.blobs.find(f"gs://dropscribe-work/{SOURCE.job_id}/problem.json") is None


def test_a_lease_is_given_back_when_the_job_store_is_there_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.execution.RELEASE_PAUSE", 0)
    audio = bench.put("x")
    away = Away()
    bench.jobs = JobStore(away)

    def run(task: StageInput[Asked]) -> Iterator[Output]:
        away.refusals = 3
        raise StorageUnavailable("down, too")

    bench.stage = Stage("echo", "1", Asked, run, bench.stage.engine)
    assert (
        json.loads(bench.ask(request(audio)).get_data())["type"]
        == "urn:dropscribe:problem:storage-unavailable"
    )
    (task,) = bench.jobs.stage_records(SOURCE.job_id)
    assert (away.refusals, task.state, task.attempts) == (0, "failed", 0)


class Away(MemoryDocuments):
    """A job store that refuses the next so many writes."""

    refusals = 0

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        if self.refusals:
            self.refusals -= 1
            raise JobStoreUnavailable("away")
        return super().put(path, document, if_version)


def test_what_another_attempt_has_answered_meanwhile_is_not_worked_out_again(bench: Bench) -> None:
    """It answers after this one has looked, and before this one has the lease."""
    audio = bench.put("x")
    first = bench.ask(request(audio))
    answer = json.loads(first.get_data())
    at = next(uri for uri in bench.answers() if "said" not in uri and "parts" not in uri)
    kept = bench.blobs.read(at)
    hidden = bench.blobs.find(at)
    assert hidden is not None and bench.blobs.delete(at, hidden.generation)

    class Late(JobStore):
        def start_attempt(self, *about: Any) -> bool:
            bench.blobs.put(at, kept, if_generation_match=0)
            return super().start_attempt(*about)

    bench.jobs = Late(bench.jobs.documents)
    again = json.loads(bench.ask(request(audio)).get_data())
    assert (bench.runs, again["reused"], again["outputs"]) == (1, True, answer["outputs"])


def test_while_one_attempt_runs_another_is_told_to_wait(bench: Bench) -> None:
    audio = bench.put("x")
    replies = []

    def meanwhile(task: StageInput[Asked]) -> Iterator[Output]:
        replies.append(bench.ask(request(audio)))
        yield SingleOutput("said", Said(text="done"))

    bench.stage = Stage("echo", "1", Asked, meanwhile, bench.stage.engine)
    assert bench.ask(request(audio)).status_code == 200
    assert replies[0].status_code == 429


def test_an_answer_that_came_between_the_look_and_the_beginning_is_not_paid_for_again(
    bench: Bench,
) -> None:
    audio, found = bench.put("late"), bench.blobs.find
    looks = iter([None])  # the first look is before the other attempt's commit
    answer = json.loads(bench.ask(request(audio)).get_data())
    bench.blobs.find = lambda uri: next(looks, found(uri))  # type: ignore[method-assign]
    assert json.loads(bench.ask(request(audio)).get_data())["outputs"] == answer["outputs"]
    assert bench.runs == 1


def test_no_problem_is_left_of_a_recording_that_is_erased_meanwhile(bench: Bench) -> None:
    audio = bench.put("erased")

    def run(task: StageInput[Asked]) -> Iterator[Output]:
        job_store().erase(SOURCE)
        raise NotAudio("a PDF")
        yield

    bench.stage = replace(bench.stage, run=run)
    assert bench.ask(request(audio)).status_code == 415
    assert bench.blobs.find(problem_uri(SOURCE)) is None


def test_a_problem_that_finds_no_bucket_is_answered_all_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_bucket(uri: str, *_: object, **__: object) -> int | None:
        raise ArtifactMissing(uri)

    monkeypatch.setattr(bench.blobs, "put", no_bucket)
    body = {"source": SOURCE.model_dump(), "params": {"unknown": 1}}
    assert bench.ask(body).status_code == 400


def test_a_bug_before_the_work_begins_is_a_problem(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(request: flask.Request) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("shared.runtime.flask_adapter.authenticate", broken)
    reply = bench.ask(b"{}")
    assert (reply.status_code, json.loads(reply.get_data())["type"]) == (
        500,
        "urn:dropscribe:problem:bug",
    )


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"source": {}}', b'{"source": 1, "secret": "hunter2"}']
)
def test_a_malformed_body_is_the_callers_fault(bench: Bench, body: bytes) -> None:
    reply = bench.ask(body, accept="application/json")
    assert (reply.status_code, reply.mimetype) == (400, "application/json")
    assert "hunter2" not in reply.get_data(as_text=True)


def test_unknown_params_are_named(bench: Bench) -> None:
    reply = bench.ask(request(bench.put("x"), lound=True))
    assert (reply.status_code, json.loads(reply.get_data())["detail"]) == (
        400,
        "lound: Extra inputs are not permitted",
    )


def test_generations_come_as_strings_or_numbers(bench: Bench) -> None:
    body = request(bench.put("x"))
    body["source"]["generation"] = str(body["source"]["generation"])
    assert bench.ask(body).status_code == 200


def test_files_that_were_kept_are_gone_from_disk(bench: Bench, tmp_path: Path) -> None:
    seen: list[Path] = []

    def two(task: StageInput[Asked]) -> Iterator[Output]:
        for number in range(2):
            seen.append(task.folder / f"{number}.wav")
            seen[-1].write_bytes(bytes([number]))
            yield ListedOutput("parts", seen[-1])
            assert not seen[-1].exists()

    bench.stage = Stage("echo", "1", Asked, two, bench.stage.engine)
    assert bench.ask(request(bench.put("x"))).status_code == 200
    assert len(seen) == 2


def test_an_error_about_a_model_does_not_tell_what_was_said() -> None:
    with pytest.raises(ValidationError) as refused:
        StageRequest.model_validate({"source": "a secret"})
    assert "a secret" not in str(refused.value)
