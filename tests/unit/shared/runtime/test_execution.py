"""Stages are executed over HTTP: results are cached, failures become problems.

The requests are those of functions-framework, the stores are in memory.
"""

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
from shared.model.errors import (
    ArtifactMissing,
    AttemptsExhausted,
    AudioDeleted,
    BadOption,
    Bug,
    Cancelled,
    JobStoreUnavailable,
    NotAudio,
    RecordingErased,
    StageError,
    StorageUnavailable,
)
from shared.ports.documents import Document
from shared.runtime.execution import execute, store_output, store_problem
from shared.runtime.flask_adapter import serve
from shared.runtime.stage import ListedOutput, Output, SingleOutput, Stage, StageInput
from shared.runtime.wiring import blob_store, job_store, load_object
from shared.settings import settings

SOURCE = Source(bucket="inbox", name="talk.mp3", generation=1763791000123456)


class Text(BaseModel):
    text: str


class EchoParams(Params):
    loud: bool = False


class Bench:
    """A stage with its stores. `runs` counts how often it was computed."""

    def __init__(self, blobs: MemoryBlobs, jobs: JobStore) -> None:
        self.blobs, self.jobs, self.runs = blobs, jobs, 0
        self.fail: Exception | None = None
        self.digest = "sha256:" + "1" * 64
        self.stage = Stage(
            "echo",
            "1",
            EchoParams,
            self.run,
            lambda _: Engine(name="e", version="1", digest=self.digest),
        )

    def run(self, task: StageInput[EchoParams]) -> Iterator[Output]:
        self.runs += 1
        if self.fail:
            raise self.fail
        text = task.files["audio"].read_text()
        for word in text.split():
            path = task.folder / "part.wav"
            path.write_text(word)
            yield ListedOutput("parts", path)
        yield SingleOutput("text_output", Text(text=text.upper() if task.params.loud else text))

    def put(self, text: str) -> Artifact:
        return store_output("gs://work/in", SingleOutput("audio", Text(text=text)), self.blobs)

    def answers(self) -> list[str]:
        return [blob.uri for blob in self.blobs.list(f"gs://dropscribe-work/{SOURCE.job_id}/")]

    def post(self, body: dict[str, Any] | bytes, accept: str = "*/*") -> flask.Response:
        app = flask.Flask("test")
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        with app.test_request_context("/", method="POST", data=data, headers={"Accept": accept}):
            return serve("echo", flask.request, StageRequest, self.answer)

    def answer(self, body: StageRequest) -> StageResponse:
        return execute(self.stage, body, self.blobs, self.jobs)


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
    body = StageRequest(source=SOURCE, inputs={"audio": audio})
    return {**body.model_dump(), "params": params}


def test_outputs_are_artifacts_named_by_their_content(bench: Bench) -> None:
    response = bench.post(request(bench.put("hello world")))
    assert response.status_code == 200
    answer = json.loads(response.get_data())
    assert answer["outputs"]["text_output"]["uri"].startswith(
        f"gs://dropscribe-work/{SOURCE.job_id}/echo/"
    )
    assert len(answer["outputs"]["parts"]) >= 2
    assert (answer["reused"], answer["stage_version"]) == (False, "1")


def test_a_retry_returns_the_cached_result(bench: Bench) -> None:
    audio = bench.put("twice")
    first, second = (json.loads(bench.post(request(audio)).get_data()) for _ in range(2))
    assert (second["outputs"], second["reused"], bench.runs) == (first["outputs"], True, 1)


def test_other_params_inputs_or_models_are_computed_anew(bench: Bench) -> None:
    audio = bench.put("again")
    bench.post(request(audio))
    bench.post(request(audio, loud=True))
    bench.post(request(bench.put("another")))
    bench.digest = "sha256:" + "2" * 64
    bench.post(request(audio))
    assert bench.runs == 4


def test_a_result_whose_outputs_are_gone_is_computed_again(bench: Bench) -> None:
    audio = bench.put("gone")
    answer = json.loads(bench.post(request(audio)).get_data())
    text_output = Artifact.model_validate(answer["outputs"]["text_output"])
    bench.blobs.delete(text_output.uri, text_output.generation)
    again = json.loads(bench.post(request(audio)).get_data())
    assert (again["reused"], bench.runs) == (False, 2)
    assert bench.blobs.read(again["outputs"]["text_output"]["uri"])


def test_an_input_with_another_digest_is_rejected(bench: Bench) -> None:
    audio = bench.put("true").model_copy(update={"sha256": "0" * 64})
    response = bench.post(request(audio))
    assert response.status_code == 412
    assert json.loads(response.get_data())["type"] == "urn:dropscribe:problem:artifact-changed"


def test_a_missing_input_is_named_in_the_problem(bench: Bench) -> None:
    response = bench.post(
        request(Artifact(uri="gs://work/none.wav", generation=1, sha256="0" * 64))
    )
    assert (response.status_code, json.loads(response.get_data())["detail"]) == (
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
def test_a_final_failure_is_a_problem_and_is_stored_for_finalize(
    bench: Bench, failure: Exception, status: int, type_: str
) -> None:
    bench.fail = failure
    response = bench.post(request(bench.put("x")))
    problem = json.loads(response.get_data())
    assert (response.status_code, response.mimetype, problem["type"]) == (
        status,
        "application/problem+json",
        type_,
    )
    assert problem["job_id"] == SOURCE.job_id
    assert "secret" not in response.get_data(as_text=True)
    assert (
        json.loads(bench.blobs.read(f"gs://dropscribe-work/{SOURCE.job_id}/problem.json"))
        == problem
    )


@pytest.mark.parametrize(
    "failure", [StorageUnavailable("down"), OSError(errno.ENOSPC, "No space left on device")]
)
def test_a_failure_that_may_pass_sets_no_retry_after_and_stores_no_problem(
    bench: Bench, failure: Exception
) -> None:
    bench.fail = failure
    response = bench.post(request(bench.put("x")))
    assert (response.status_code, "Retry-After" in response.headers) == (503, False)
    assert bench.blobs.find(f"gs://dropscribe-work/{SOURCE.job_id}/problem.json") is None
    bench.fail = None
    assert bench.post(request(bench.put("x"))).status_code == 200
    (record,) = bench.jobs.records.of_job(SOURCE.job_id)
    assert (record.state, record.attempts) == ("done", 1)


def test_a_full_disk_while_a_model_loads_is_no_bug(bench: Bench) -> None:
    def engine(_: EchoParams) -> Engine:
        raise OSError(errno.ENOSPC, "No space left on device")

    bench.stage = Stage("echo", "1", EchoParams, bench.run, engine)
    assert bench.post(request(bench.put("x"))).status_code == 503
    assert bench.blobs.find(f"gs://dropscribe-work/{SOURCE.job_id}/problem.json") is None


def test_a_lease_is_released_once_the_job_store_is_available_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.runtime.execution.RELEASE_PAUSE", 0)
    audio = bench.put("x")
    unavailable = UnavailableDocuments()
    bench.jobs = JobStore(unavailable)

    def run(task: StageInput[EchoParams]) -> Iterator[Output]:
        unavailable.failures = 3
        raise StorageUnavailable("down, too")

    bench.stage = Stage("echo", "1", EchoParams, run, bench.stage.engine)
    assert (
        json.loads(bench.post(request(audio)).get_data())["type"]
        == "urn:dropscribe:problem:storage-unavailable"
    )
    (record,) = bench.jobs.records.of_job(SOURCE.job_id)
    assert (unavailable.failures, record.state, record.attempts) == (0, "failed", 0)


class UnavailableDocuments(MemoryDocuments):
    """Documents that fail the next `failures` writes."""

    failures = 0

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        if self.failures:
            self.failures -= 1
            raise JobStoreUnavailable("unavailable")
        return super().put(path, document, if_version)


@pytest.mark.parametrize("is_recorded", [True, False])
def test_a_result_that_another_attempt_commits_meanwhile_is_not_computed_again(
    bench: Bench, is_recorded: bool
) -> None:
    """It commits after this attempt has looked, and before this one has the lease.

    Its record is gone if the recording is being erased.
    """
    audio = bench.put("x")
    first = bench.post(request(audio))
    answer = json.loads(first.get_data())
    at = next(uri for uri in bench.answers() if "text_output" not in uri and "parts" not in uri)
    content = bench.blobs.read(at)
    committed = bench.blobs.find(at)
    assert committed is not None and bench.blobs.delete(at, committed.generation)

    class LateStore(JobStore):
        def start_attempt(self, *about: Any) -> None:
            bench.blobs.put(at, content, if_generation_match=0)
            super().start_attempt(*about)

    documents = bench.jobs.documents if is_recorded else MemoryDocuments()
    bench.jobs = LateStore(documents)
    again = json.loads(bench.post(request(audio)).get_data())
    assert (bench.runs, again["reused"], again["outputs"]) == (1, True, answer["outputs"])


def test_a_second_attempt_is_rejected_while_the_first_runs(bench: Bench) -> None:
    audio = bench.put("x")
    responses = []

    def meanwhile(task: StageInput[EchoParams]) -> Iterator[Output]:
        responses.append(bench.post(request(audio)))
        yield SingleOutput("text_output", Text(text="done"))

    bench.stage = Stage("echo", "1", EchoParams, meanwhile, bench.stage.engine)
    assert bench.post(request(audio)).status_code == 200
    assert responses[0].status_code == 429


def test_a_result_committed_between_the_first_look_and_the_start_is_not_computed_again(
    bench: Bench,
) -> None:
    audio, found = bench.put("late"), bench.blobs.find
    first_looks = iter([None])  # the first look comes before the other attempt's commit
    answer = json.loads(bench.post(request(audio)).get_data())
    bench.blobs.find = lambda uri: next(first_looks, found(uri))  # type: ignore[method-assign]
    assert json.loads(bench.post(request(audio)).get_data())["outputs"] == answer["outputs"]
    assert bench.runs == 1


def test_no_problem_is_stored_for_a_recording_that_is_erased_meanwhile(bench: Bench) -> None:
    audio = bench.put("erased")

    def run(task: StageInput[EchoParams]) -> Iterator[Output]:
        job_store().erase(SOURCE)
        raise NotAudio("a PDF")
        yield

    bench.stage = replace(bench.stage, run=run)
    assert bench.post(request(audio)).status_code == 415
    assert bench.blobs.find(problem_uri(SOURCE)) is None


def test_a_result_that_was_committed_during_an_erasure_is_deleted_by_a_retry(bench: Bench) -> None:
    """The worker that committed it was killed before it looked for an erasure."""
    audio = bench.put("erased")
    assert bench.post(request(audio)).status_code == 200
    bench.jobs.erase(SOURCE)
    assert bench.post(request(audio)).status_code == 410
    assert bench.answers() == []


def test_a_problem_is_returned_even_if_it_cannot_be_stored(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_bucket(uri: str, *_: object, **__: object) -> int | None:
        raise ArtifactMissing(uri)

    monkeypatch.setattr(bench.blobs, "put", no_bucket)
    body = {"source": SOURCE.model_dump(), "params": {"unknown": 1}}
    assert bench.post(body).status_code == 400


def test_a_bug_before_the_stage_runs_is_a_problem(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(authorization: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("shared.runtime.flask_adapter.authenticate", broken)
    response = bench.post(b"{}")
    assert (response.status_code, json.loads(response.get_data())["type"]) == (
        500,
        "urn:dropscribe:problem:bug",
    )


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"source": {}}', b'{"source": 1, "secret": "hunter2"}']
)
def test_a_malformed_body_is_rejected_without_repeating_it(bench: Bench, body: bytes) -> None:
    response = bench.post(body, accept="application/json")
    assert (response.status_code, response.mimetype) == (400, "application/json")
    assert "hunter2" not in response.get_data(as_text=True)


def test_unknown_params_are_named_in_the_problem(bench: Bench) -> None:
    response = bench.post(request(bench.put("x"), lound=True))
    assert (response.status_code, json.loads(response.get_data())["detail"]) == (
        400,
        "lound: Extra inputs are not permitted",
    )


def test_a_generation_may_be_a_string_or_a_number(bench: Bench) -> None:
    body = request(bench.put("x"))
    body["source"]["generation"] = str(body["source"]["generation"])
    assert bench.post(body).status_code == 200


def test_a_file_is_deleted_once_it_is_stored(bench: Bench, tmp_path: Path) -> None:
    seen: list[Path] = []

    def two(task: StageInput[EchoParams]) -> Iterator[Output]:
        for number in range(2):
            seen.append(task.folder / f"{number}.wav")
            seen[-1].write_bytes(bytes([number]))
            yield ListedOutput("parts", seen[-1])
            assert not seen[-1].exists()

    bench.stage = Stage("echo", "1", EchoParams, two, bench.stage.engine)
    assert bench.post(request(bench.put("x"))).status_code == 200
    assert len(seen) == 2


def test_a_validation_error_does_not_repeat_the_input() -> None:
    with pytest.raises(ValidationError) as refused:
        StageRequest.model_validate({"source": "a secret"})
    assert "a secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("stage", "error", "is_stored"),
    [
        ("prepare", NotAudio("d"), True),
        ("transcribe", AttemptsExhausted("d"), True),
        ("align", AttemptsExhausted("d"), False),
        ("diarize", Bug("d"), False),
        ("diarize", Cancelled("d"), True),
        ("align", BadOption("d"), True),
        ("diarize", AudioDeleted("d"), False),
        ("prepare", RecordingErased("d"), False),
    ],
    ids=lambda value: str(getattr(value, "type", value)).rpartition(":")[2],
)
def test_a_problem_is_stored_only_if_it_ends_the_run(
    bench: Bench, stage: str, error: StageError, is_stored: bool
) -> None:
    """finalize would take it for the reason of a later failure."""
    problem = error.problem(SOURCE.job_id, stage)
    store_problem(problem, StageRequest(source=SOURCE), bench.blobs, bench.jobs)
    assert (bench.blobs.find(problem_uri(SOURCE)) is not None) == is_stored


@pytest.mark.parametrize(
    ("stage", "error", "unaligned"),
    [
        ("align", AttemptsExhausted("d"), (3,)),
        ("align", Bug("d"), (3,)),
        ("align", Cancelled("d"), ()),
        ("diarize", Bug("d"), ()),
        ("transcribe", Bug("d"), ()),
    ],
    ids=lambda value: str(getattr(value, "type", value)).rpartition(":")[2],
)
def test_a_failed_alignment_that_the_answer_can_do_without_is_recorded_until_the_next_run(
    bench: Bench, stage: str, error: StageError, unaligned: tuple[int, ...]
) -> None:
    bench.jobs.claim(SOURCE, 1, "first")
    problem = error.problem(SOURCE.job_id, stage)
    request = StageRequest(source=SOURCE, params={"part": 3})
    for _ in range(2):
        store_problem(problem, request, bench.blobs, bench.jobs)
    job = bench.jobs.find(SOURCE.job_id)
    assert job is not None and job.unaligned == unaligned
    bench.jobs.finish(SOURCE.job_id, 1, "retryable")
    store_problem(problem, StageRequest(source=SOURCE), bench.blobs, bench.jobs)
    bench.jobs.claim(SOURCE, 2, "second")
    job = bench.jobs.find(SOURCE.job_id)
    assert job is not None and job.unaligned == ()


def test_a_call_that_finds_its_audio_deleted_stores_no_problem(bench: Bench) -> None:
    """Its job has its answer, and the call has outlived it."""
    bench.jobs.claim(SOURCE, 1, "first")
    bench.jobs.finish(SOURCE.job_id, 1, "done", deletes_audio=True)
    problem = ArtifactMissing("the chunk was deleted").problem(SOURCE.job_id, "transcribe")
    store_problem(problem, StageRequest(source=SOURCE), bench.blobs, bench.jobs)
    assert bench.blobs.find(problem_uri(SOURCE)) is None
