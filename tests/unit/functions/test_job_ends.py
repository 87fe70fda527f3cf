"""A job is started by prepare and ended by finalize correctly, on in-memory stores."""

import hashlib
import json
import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

import numpy as np
import pytest

from functions.align.stage import AlignParams
from functions.diarize.stage import DiarizeParams
from functions.finalize.answer.outbox import put_answer
from functions.finalize.job import finalize
from functions.prepare.job import PREPARE, prepare
from functions.transcribe.detect import DetectParams
from functions.transcribe.stage import TranscribeParams
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.layout import problem_uri
from shared.jobs.store import JobStore
from shared.model.artifacts import Manifest
from shared.model.contracts import Artifact, Finalized, Params, Problem, Source, StageRequest
from shared.model.errors import (
    ArtifactChanged,
    ArtifactMissing,
    AttemptsExhausted,
    BadOption,
    BadRequest,
    Cancelled,
    EmptyRecording,
    ModelUnavailable,
    Permanent,
    RecordingErased,
    RecordingTooLarge,
    StageError,
    Transient,
)
from shared.model.finality import statuses
from shared.runtime.log import JsonLines, log_context
from shared.settings import settings
from tests.support.recordings import speech, wav


@pytest.fixture
def blobs() -> MemoryBlobs:
    return MemoryBlobs()


@pytest.fixture
def jobs() -> JobStore:
    return JobStore(MemoryDocuments())


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DROPSCRIBE_MAX_GIGABYTES", "0.0001")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def upload(
    blobs: MemoryBlobs, data: bytes, metadata: dict[str, str] | None = None, name: str = "a/b.wav"
) -> Source:
    generation = blobs.put(f"gs://inbox/{name}", data, if_generation_match=0, metadata=metadata)
    assert generation is not None
    return Source(bucket="inbox", name=name, generation=generation)


def request_of(source: Source, run: int = 1, execution: str = "e", **params: Any) -> StageRequest:
    return StageRequest(source=source, params={"run": run, "execution": execution, **params})


def test_a_recording_is_claimed_planned_and_cut(blobs: MemoryBlobs, jobs: JobStore) -> None:
    blobs.put(
        "gs://inbox/a/options.json", json.dumps({"speakers": 2}).encode(), if_generation_match=0
    )
    prepared = prepare(request_of(upload(blobs, wav(speech()), {"language": "en"})), blobs, jobs)
    assert not prepared.duplicate
    assert prepared.plan["detect"] is None
    assert prepared.plan["transcribe"]["language"] == "en"  # type: ignore[index]
    assert prepared.plan["diarize"] == {"speakers": 2, "min_speakers": None, "max_speakers": None}
    assert set(prepared.outputs) == {"chunks", "spans", "probe", "peaks", "manifest"}
    job = jobs.find(prepared.job_id)
    assert job is not None and (job.chunks, job.spans) == (1, 1)


def test_the_plan_has_every_parameter_of_each_stage(blobs: MemoryBlobs, jobs: JobStore) -> None:
    """The workflow adds `part`."""
    plan = prepare(request_of(upload(blobs, wav(speech()))), blobs, jobs).plan
    known: dict[str, type[Params]] = {
        "detect": DetectParams,
        "transcribe": TranscribeParams,
        "align": AlignParams,
        "diarize": DiarizeParams,
    }
    for stage, params in known.items():
        assert {*(plan[stage] or {}), "part"} == set(params.model_fields), stage


def test_options_of_other_stages_do_not_cut_again(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    first = prepare(request_of(source), blobs, jobs)
    second = prepare(
        request_of(source, run=2, execution="f", options={"language": "de"}), blobs, jobs
    )
    assert (second.outputs, second.reused) == (first.outputs, True)
    assert second.plan["transcribe"] != first.plan["transcribe"]


def test_split_channels_are_cut_on_their_own_and_not_diarized(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    stereo = wav(np.stack([speech(), speech()], axis=1).reshape(-1), channels=2)
    prepared = prepare(request_of(upload(blobs, stereo, {"channels": "split"})), blobs, jobs)
    assert prepared.plan["diarize"] is None
    assert prepared.outputs["spans"] == (), "the workflow reads it even if it is empty"
    manifest = Manifest.model_validate_json(blobs.read(prepared.outputs["manifest"].uri))  # type: ignore[union-attr]
    assert ([chunk.channel for chunk in manifest.chunks], manifest.spans) == ([0, 1], ())
    job = jobs.find(prepared.job_id)
    assert job is not None and (job.chunks, job.spans) == (2, 0)


def test_other_channels_are_another_cut(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    first = prepare(request_of(source), blobs, jobs)
    second = prepare(
        request_of(source, run=2, execution="f", options={"channels": "split"}), blobs, jobs
    )
    assert not second.reused and second.outputs["manifest"] != first.outputs["manifest"]


@pytest.mark.parametrize(("language", "detects"), [(None, True), ("multi", True), ("de", False)])
def test_the_language_is_detected_unless_one_is_given(
    blobs: MemoryBlobs, jobs: JobStore, language: str | None, detects: bool
) -> None:
    metadata = {"language": language} if language else {}
    plan = prepare(request_of(upload(blobs, wav(speech()), metadata)), blobs, jobs).plan
    assert (plan["detect"] is not None) is detects
    assert plan["transcribe"] is not None and plan["transcribe"]["language"] == language


def test_formats_and_replacements_change_only_finalizes_plan(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    source = upload(blobs, wav(speech()))
    first = prepare(request_of(source), blobs, jobs)
    other = {"formats": ["openai"], "replacements": {"teh": "the"}}
    second = prepare(request_of(source, run=2, execution="f", options=other), blobs, jobs)
    assert {stage for stage in first.plan if first.plan[stage] != second.plan[stage]} == {
        "finalize"
    }
    chosen: Any = (second.plan["finalize"] or {})["options"]
    assert {name: chosen[name] for name in other} == {
        name: {"value": value, "origin": "redrive"} for name, value in other.items()
    }


def test_a_second_execution_is_a_duplicate(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    prepare(request_of(source), blobs, jobs)
    assert prepare(request_of(source, execution="another"), blobs, jobs).duplicate
    assert not prepare(request_of(source), blobs, jobs).duplicate, "the same execution may retry"


def test_a_new_run_deletes_the_stored_problem(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    blobs.put(problem_uri(source), b"{}", if_generation_match=0)
    prepare(request_of(source), blobs, jobs)
    assert blobs.find(problem_uri(source)) is None


def test_an_empty_recording_is_rejected_unread(blobs: MemoryBlobs, jobs: JobStore) -> None:
    with pytest.raises(EmptyRecording, match="0 bytes"):
        prepare(request_of(upload(blobs, b"")), blobs, jobs)


@pytest.mark.usefixtures("limits")
def test_a_recording_above_the_limit_is_rejected(blobs: MemoryBlobs, jobs: JobStore) -> None:
    with pytest.raises(RecordingTooLarge, match=r"960104 bytes; the limit is 0[.]0001 GB"):
        prepare(request_of(upload(blobs, b"x" * 960_104)), blobs, jobs)


def test_a_deleted_recording_is_reported(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    with pytest.raises(ArtifactMissing, match="deleted or replaced"):
        prepare(request_of(source.model_copy(update={"generation": 99})), blobs, jobs)


def test_names_that_are_no_options_are_passed_on_as_warnings_and_tags(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    blobs.put("gs://inbox/options.json", b'{"comment": "mine"}', if_generation_match=0)
    metadata = {"order": "77", "x-order-id": "78", "gcsfuse_mtime": "now"}
    planned = prepare(request_of(upload(blobs, wav(speech()), metadata)), blobs, jobs).plan
    finalize_plan: Any = planned["finalize"]
    assert finalize_plan["tags"] == {"x-order-id": "78"}
    found = [(warning["code"], warning["message"]) for warning in finalize_plan["warnings"]]
    assert found == [
        (
            "unknown_metadata",
            "The options.json has names that are no options and had no effect: comment.",
        ),
        (
            "unknown_metadata",
            "The object metadata has names that are no options and had no effect: order.",
        ),
    ]


def test_an_unknown_option_is_reported(blobs: MemoryBlobs, jobs: JobStore) -> None:
    with pytest.raises(BadOption, match="'langauge'"):
        prepare(request_of(upload(blobs, wav(speech()), {"langauge": "en"})), blobs, jobs)


def test_a_request_without_a_run_is_invalid(blobs: MemoryBlobs, jobs: JobStore) -> None:
    with pytest.raises(BadRequest, match="run: Field required"):
        prepare(StageRequest(source=upload(blobs, b"x")), blobs, jobs)


def finish_with_error(
    source: Source, code: int, body: object, blobs: MemoryBlobs, jobs: JobStore, run: int = 1
) -> str:
    return finalize(
        request_of(source, run=run, error={"code": code, "problem": body}), blobs, jobs
    ).state


FINAL = Problem(
    type="urn:dropscribe:problem:not-audio", title="T", status=415, detail="a PDF"
).model_dump(mode="json")


def outbox(blobs: MemoryBlobs) -> set[str]:
    return {blob.uri.rpartition("/")[2] for blob in blobs.list("gs://dropscribe-outbox/")}


def work(blobs: MemoryBlobs) -> set[str]:
    """Returns the names of the objects in the work bucket."""
    prefix = "gs://dropscribe-work/"
    return {blob.uri.removeprefix(prefix) for blob in blobs.list(prefix)}


def test_a_final_failure_becomes_a_problem(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, b"%PDF")
    jobs.claim(source, 1, "e")
    assert finish_with_error(source, 415, FINAL, blobs, jobs) == "failed"
    written = json.loads(blobs.read("gs://dropscribe-outbox/a/b.wav/problem.json"))
    assert written["detail"] == "a PDF"
    job = jobs.find(source.job_id)
    assert (
        job is not None
        and job.problem is not None
        and (job.state, job.problem.detail) == ("failed", "a PDF")
    )


@pytest.mark.parametrize("status", sorted(statuses(Permanent)))
def test_every_final_status_ends_the_job(blobs: MemoryBlobs, jobs: JobStore, status: int) -> None:
    source = upload(blobs, b"x")
    jobs.claim(source, 1, "e")
    assert finish_with_error(source, status, {**FINAL, "status": status}, blobs, jobs) == "failed"


def test_the_problem_stored_by_a_stage_is_written(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, b"x")
    jobs.claim(source, 1, "e")
    blobs.put(
        problem_uri(source),
        json.dumps({**FINAL, "detail": "left in work"}).encode(),
        if_generation_match=0,
    )
    assert finish_with_error(source, 0, None, blobs, jobs) == "failed"
    assert (
        json.loads(blobs.read("gs://dropscribe-outbox/a/b.wav/problem.json"))["detail"]
        == "left in work"
    )


def test_the_end_of_a_job_is_logged(
    blobs: MemoryBlobs, jobs: JobStore, caplog: pytest.LogCaptureFixture
) -> None:
    """Alerts read this line. It names the job, but not the recording."""
    source = upload(blobs, b"x")
    jobs.claim(source, 1, "e")
    with caplog.at_level(logging.INFO, "functions.finalize"), log_context(job_id=source.job_id):
        finish_with_error(source, 415, FINAL, blobs, jobs)
        (record,) = [record for record in caplog.records if record.message == "settled"]
        line = json.loads(JsonLines().format(record))
    assert (line["job_id"], line["state"], line["problem"]) == (
        source.job_id,
        "failed",
        FINAL["type"],
    )
    assert source.name not in json.dumps(line)


@pytest.mark.parametrize(
    ("code", "body"),
    [
        *((status, {**FINAL, "status": status}) for status in sorted(statuses(Transient))),
        (0, None),
        (500, "upstream error"),
    ],
)
def test_a_transient_failure_leaves_the_job_retryable(
    blobs: MemoryBlobs, jobs: JobStore, code: int, body: object
) -> None:
    source = upload(blobs, b"x")
    jobs.claim(source, 1, "e")
    assert finish_with_error(source, code, body, blobs, jobs) == "retryable"
    assert outbox(blobs) == set()
    job = jobs.find(source.job_id)
    assert job is not None and job.state == "retryable"


def test_only_the_run_that_holds_the_job_writes(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, b"x")
    jobs.claim(source, 1, "e")
    jobs.claim(source, 2, "redrive")
    assert finish_with_error(source, 415, FINAL, blobs, jobs) == "superseded"
    assert outbox(blobs) == set()


@pytest.mark.parametrize(
    "error",
    [
        BadOption("redrive: language is 'xx'"),
        ModelUnavailable("'nope' is not on this deployment"),
        Cancelled("by request"),
        AttemptsExhausted("transcribe died 3 times"),
    ],
)
def test_a_problem_does_not_replace_the_transcript_of_an_earlier_run(
    blobs: MemoryBlobs, jobs: JobStore, error: StageError
) -> None:
    source = upload(blobs, wav(speech()[:16_000] * 0), {"x-order-id": "77"})
    done = run_job(source, 1, blobs, jobs)
    before = outbox(blobs)
    jobs.claim(source, 2, "e")
    body = error.problem(source.job_id, "transcribe").model_dump(mode="json")
    state = finish_with_error(source, error.status, body, blobs, jobs, run=2)
    assert state == ("cancelled" if isinstance(error, Cancelled) else "failed")
    assert outbox(blobs) == before and "problem.json" not in before
    job = jobs.find(source.job_id)
    assert job is not None and job.problem is not None
    assert job.problem.detail == str(error), "the job says why the run failed"
    assert job.results == done.outputs, "and where its answer is"
    assert job.tags == {"x-order-id": "77"}
    assert finish_with_error(source, error.status, body, blobs, jobs, run=2) == state
    assert outbox(blobs) == before, "finalize may be called again"
    assert run_job(source, 3, blobs, jobs).state == "done"


@pytest.mark.parametrize(
    ("detail", "origin"),
    [
        ("language is 'la'; expected en", "object metadata: "),
        ('languages is ["la", "en"]; expected fr', "a/options.json: "),
        ("task is 'translate'; expected transcribe", "redrive: "),
        ("language is 'de'; expected en", ""),
        ("initial-prompt and hotwords have 300 of Whisper's tokens", ""),
    ],
)
def test_an_option_that_a_stage_refuses_is_reported_with_its_origin(
    blobs: MemoryBlobs, jobs: JobStore, detail: str, origin: str
) -> None:
    blobs.put("gs://inbox/a/options.json", b'{"languages": "la, en"}', if_generation_match=0)
    source = upload(blobs, wav(speech()), {"language": "Latin"})
    jobs.claim(source, 1, "first")
    run = jobs.request_rerun(source.job_id, {"Task": "Translate"})
    jobs.claim(source, run, "e")
    body = BadOption(detail).problem(source.job_id, "transcribe").model_dump(mode="json")
    assert finish_with_error(source, 400, body, blobs, jobs, run) == "failed"
    problem = json.loads(blobs.read("gs://dropscribe-outbox/a/b.wav/problem.json"))
    assert problem["detail"] == origin + detail


def test_a_problem_replaces_the_transcript_of_an_older_recording(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    older = upload(blobs, wav(speech()[:16_000] * 0))
    run_job(older, 1, blobs, jobs)
    generation = blobs.put(
        older.uri, b"another", if_generation_match=older.generation, metadata={"langauge": "en"}
    )
    newer = Source(bucket=older.bucket, name=older.name, generation=generation or 0)
    jobs.claim(newer, 1, "e")
    body = BadOption("langauge").problem(newer.job_id, "prepare").model_dump(mode="json")
    assert finish_with_error(newer, 400, body, blobs, jobs) == "failed"
    assert outbox(blobs) == {"problem.json"}


def test_tags_are_echoed_in_every_kind_of_answer(blobs: MemoryBlobs, jobs: JobStore) -> None:
    tags = {"x-order-id": "77 ü", "X-Desk": ""}
    metadata = {**tags, "gcsfuse_mtime": "now", "customer": "A. Weber"}
    source = upload(blobs, wav(speech()[:16_000] * 0), metadata)
    transcript = json.loads(blobs.read(run_job(source, 1, blobs, jobs).outputs["json"]))
    assert transcript["tags"] == tags
    (warning,) = [each for each in transcript["warnings"] if each["code"] == "unknown_metadata"]
    assert "customer" in warning["message"] and "gcsfuse" not in warning["message"]

    other = upload(blobs, b"%PDF", metadata, name="other.wav")
    jobs.claim(other, 1, "e")
    finish_with_error(other, 415, FINAL, blobs, jobs)
    problem = json.loads(blobs.read("gs://dropscribe-outbox/other.wav/problem.json"))
    assert problem["tags"] == tags


def test_a_redrive_of_a_recording_that_is_gone_keeps_its_tags(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    source = upload(blobs, b"%PDF", {"x-order-id": "77"})
    jobs.record_upload(source, 4, {"x-order-id": "77"})
    run = jobs.request_rerun(source.job_id, {})
    blobs.delete(source.uri, source.generation)
    jobs.claim(source, run, "e")
    assert finish_with_error(source, 404, FINAL, blobs, jobs, run) == "failed"
    problem = json.loads(blobs.read("gs://dropscribe-outbox/a/b.wav/problem.json"))
    assert problem["tags"] == {"x-order-id": "77"}
    job = jobs.find(source.job_id)
    assert job is not None and job.tags == {"x-order-id": "77"}


def test_silence_gets_a_transcript(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()[:16_000] * 0))
    prepared = prepare(request_of(source), blobs, jobs)
    options = prepared.plan["finalize"]
    assert options is not None
    request = StageRequest(
        source=source,
        inputs={"manifest": prepared.outputs["manifest"], "words-0": store_empty_alignment(blobs)},
        params={**options, "run": 1, "execution": "e"},
    )
    finalized = finalize(request, blobs, jobs)
    assert finalized.state == "done"
    transcript = json.loads(blobs.read(finalized.outputs["json"]))
    assert (transcript["words"], transcript["media"]["duration"]) == ([], 1.0)
    recording = blobs.find(source.uri)
    assert recording is not None and transcript["job"]["crc32c"] == recording.crc32c
    content = blobs.read(source.uri)
    assert transcript["job"]["sha256"] == hashlib.sha256(content).hexdigest()
    uploaded, answered = transcript["timings"]["uploaded"], transcript["timings"]["answered"]
    assert datetime.fromisoformat(uploaded) == recording.created
    took = datetime.fromisoformat(answered) - recording.created
    assert took.total_seconds() == pytest.approx(transcript["timings"]["wall"], abs=0.001)
    assert uploaded.endswith("Z") and answered.endswith("Z"), "in UTC, as RFC 3339 writes it"
    assert transcript["provenance"]["stages"]["prepare"][0]["name"] == PREPARE.engine(None).name  # type: ignore[arg-type]
    assert {"transcript.json", "transcript.srt", "transcript.vtt", "transcript.txt"} <= outbox(
        blobs
    )
    assert finalize(request, blobs, jobs) == finalized, "finalize may be called again"


def test_a_replaced_recording_has_no_checksum_and_no_waiting_time(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    recording = wav(speech()[:16_000] * 0)
    source = upload(blobs, recording)
    prepared = prepare(request_of(source), blobs, jobs)
    blobs.put(source.uri, b"another recording", if_generation_match=source.generation)
    inputs = {"manifest": prepared.outputs["manifest"], "words-0": store_empty_alignment(blobs)}
    request = StageRequest(source=source, inputs=inputs, params={"run": 1, "execution": "e"})
    transcript = json.loads(blobs.read(finalize(request, blobs, jobs).outputs["json"]))
    assert transcript["job"]["crc32c"] is None
    assert transcript["job"]["sha256"] == hashlib.sha256(recording).hexdigest()
    timings = transcript["timings"]
    assert (timings["uploaded"], timings["queued"], timings["wall"]) == (None, None, None)
    assert timings["answered"]


def test_the_peaks_of_the_recording_are_beside_its_transcript(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    source = upload(blobs, wav(speech()))
    prepared = prepare(request_of(source), blobs, jobs)
    peaks = prepared.outputs["peaks"]
    assert isinstance(peaks, Artifact)
    inputs = {"manifest": prepared.outputs["manifest"], "words-0": store_empty_alignment(blobs)}
    params: dict[str, Any] = {"run": 1, "execution": "e"}
    of_newer = StageRequest(source=source, inputs={**inputs, "peaks": peaks}, params=params)
    assert finalize(of_newer, blobs, jobs).state == "done"
    written = blobs.read("gs://dropscribe-outbox/a/b.wav/peaks.bin")
    assert written == blobs.read(peaks.uri)
    assert len(written) == 300, "of thirty seconds"


def test_a_recording_that_an_older_prepare_prepared_has_an_answer_without_peaks(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    run_job(upload(blobs, wav(speech()[:16_000] * 0)), 1, blobs, jobs)
    assert "transcript.json" in outbox(blobs)
    assert "peaks.bin" not in outbox(blobs)


def test_peaks_that_were_changed_are_no_answer(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()[:16_000] * 0))
    prepared = prepare(request_of(source), blobs, jobs)
    peaks = prepared.outputs["peaks"]
    assert isinstance(peaks, Artifact)
    changed = peaks.model_copy(update={"sha256": "0" * 64})
    manifest = prepared.outputs["manifest"]
    inputs = {"manifest": manifest, "words-0": store_empty_alignment(blobs), "peaks": changed}
    request = StageRequest(source=source, inputs=inputs, params={"run": 1, "execution": "e"})
    with pytest.raises(ArtifactChanged):
        finalize(request, blobs, jobs)


def run_job(
    source: Source, run: int, blobs: MemoryBlobs, jobs: JobStore, **options: Any
) -> Finalized:
    """Runs a job over silence, from its start to its transcript."""
    prepared = prepare(request_of(source, run, f"run {run}", options=options), blobs, jobs)
    planned = prepared.plan["finalize"]
    assert planned is not None
    inputs = {"manifest": prepared.outputs["manifest"], "words-0": store_empty_alignment(blobs)}
    request = StageRequest(
        source=source, inputs=inputs, params={**planned, "run": run, "execution": f"run {run}"}
    )
    return finalize(request, blobs, jobs)


def test_only_the_formats_of_the_option_are_written(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(
        blobs, wav(speech()[:16_000] * 0), {"formats": "whisperx,srt", "language": "fr"}
    )
    finalized = run_job(source, 1, blobs, jobs)
    assert outbox(blobs) == {"transcript.json", "transcript.srt", "transcript.whisperx.json"}
    transcript = json.loads(blobs.read(finalized.outputs["json"]))
    assert transcript["outputs"] == finalized.outputs == {
        "json": "gs://dropscribe-outbox/a/b.wav/transcript.json",
        "srt": "gs://dropscribe-outbox/a/b.wav/transcript.srt",
        "whisperx": "gs://dropscribe-outbox/a/b.wav/transcript.whisperx.json",
    }  # fmt: skip
    assert transcript["options"]["formats"] == {
        "value": ["whisperx", "srt"],
        "origin": "object metadata",
    }
    assert {
        blob.metadata["dropscribe-language"] for blob in blobs.list("gs://dropscribe-outbox/")
    } == {"fr"}


def test_a_redrive_with_other_formats_leaves_only_those(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()[:16_000] * 0))
    run_job(source, 1, blobs, jobs)
    assert {"transcript.srt", "transcript.vtt", "transcript.ctm"} < outbox(blobs)
    run_job(source, 2, blobs, jobs, formats=["openai"])
    assert outbox(blobs) == {"transcript.json", "transcript.openai.json"}
    run_job(source, 3, blobs, jobs, formats=[])
    assert outbox(blobs) == {"transcript.json"}


def test_parts_that_only_an_earlier_run_had_have_no_real_time_factor(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    source = upload(blobs, wav(speech()[:16_000] * 0))
    jobs.start_attempt(source.job_id, "transcribe-x", "transcribe", 7, "w")
    jobs.records.complete_attempt(source.job_id, "transcribe-x", "w", 1.5)
    jobs.start_attempt(source.job_id, "diarize-x", "diarize", 0, "w")
    jobs.records.complete_attempt(source.job_id, "diarize-x", "w", 1.5)
    finalized = run_job(source, 1, blobs, jobs, channels="split")
    stages = json.loads(blobs.read(finalized.outputs["json"]))["timings"]["stages"]
    assert {(one["stage"], one["rtf"]) for one in stages if one["stage"] != "prepare"} == {
        ("transcribe", None), ("diarize", None),
    }  # fmt: skip


def store_empty_alignment(blobs: MemoryBlobs) -> object:
    from shared.model.artifacts import Aligned
    from shared.model.contracts import Engine
    from shared.runtime.execution import store_output
    from shared.runtime.stage import SingleOutput

    engine = Engine(name="e", version="1")
    nothing = Aligned(segments=(), words=(), asr=engine, engines=(engine,))
    return store_output("gs://dropscribe-work/x/align", SingleOutput("aligned", nothing), blobs)


class ErasingBlobs(MemoryBlobs):
    """A store in which the recording is erased while its problem is written."""

    def __init__(self, jobs: JobStore, source: Source) -> None:
        super().__init__()
        self.jobs, self.source = jobs, source

    def put(self, uri: str, data: bytes | BinaryIO, **options: Any) -> int | None:
        written = super().put(uri, data, **options)
        if uri.endswith("/problem.json"):
            self.jobs.erase(self.source)
        return written


def test_an_answer_written_during_an_erasure_is_deleted(jobs: JobStore) -> None:
    source = Source(bucket="inbox", name="a/b.wav", generation=1)
    blobs = ErasingBlobs(jobs, source)
    jobs.claim(source, 1, "e")
    error = {"problem": Problem(type="t", title="T", status=415, detail="d").model_dump()}
    with pytest.raises(RecordingErased):
        finalize(request_of(source, error=error), blobs, jobs)
    assert list(blobs.list("gs://")) == [] and jobs.is_erased(source.job_id)


def test_nothing_is_written_for_an_erased_recording(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    jobs.erase(source)
    assert prepare(request_of(source), blobs, jobs).duplicate
    error = {"problem": Problem(type="t", title="T", status=415, detail="d").model_dump()}
    assert finalize(request_of(source, error=error), blobs, jobs).state == "superseded"
    assert [blob.uri for blob in blobs.list("gs://")] == [source.uri]


def test_a_retry_of_finalize_deletes_what_it_wrote_before_an_erasure(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    source = upload(blobs, wav(speech()))
    jobs.claim(source, 1, "e")
    put_answer(source, 1, {"transcript.json": b"{}"}, blobs)
    jobs.erase(source)
    assert finalize(request_of(source, error={}), blobs, jobs).state == "superseded"
    assert outbox(blobs) == set()


def test_a_retry_of_prepare_deletes_what_it_wrote_before_an_erasure(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    """Its worker may have been killed right after the last write."""
    source = upload(blobs, wav(speech()))
    prepare(request_of(source), blobs, jobs)
    assert work(blobs) != set()
    jobs.erase(source)
    assert prepare(request_of(source), blobs, jobs).duplicate
    assert work(blobs) == set()


def test_a_passed_problem_ends_a_job_that_no_run_holds(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    error = {"problem": Cancelled("by request").problem(source.job_id, None).model_dump()}
    assert finalize(request_of(source, run=2, error=error), blobs, jobs).state == "cancelled"
    job = jobs.find(source.job_id)
    assert job is not None and (job.state, job.run) == ("cancelled", 2)
