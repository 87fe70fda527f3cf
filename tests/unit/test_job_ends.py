"""A job is started by prepare and ended by finalize correctly, on in-memory stores."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from functions.finalize.job import finalize
from functions.finalize.outbox import put_answer
from functions.prepare.job import CUT, prepare
from shared.contracts import Finalized, Problem, Source, StageRequest
from shared.documents import MemoryDocuments
from shared.errors import (
    ArtifactMissing,
    BadOption,
    BadRequest,
    Cancelled,
    EmptyRecording,
    RecordingErased,
    RecordingTooLarge,
)
from shared.jobs import JobStore
from shared.log import JsonLines, about
from shared.settings import settings
from shared.speech import Manifest
from shared.storage import MemoryBlobs, problem_uri
from tests.recordings import speech, wav


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


def upload(blobs: MemoryBlobs, data: bytes, metadata: dict[str, str] | None = None, name: str = "a/b.wav") -> Source:
    generation = blobs.replace(f"gs://inbox/{name}", data, over=0, metadata=metadata)
    assert generation is not None
    return Source(bucket="inbox", name=name, generation=generation)


def ask(source: Source, run: int = 1, execution: str = "e", **params: Any) -> StageRequest:
    return StageRequest(source=source, params={"run": run, "execution": execution, **params})


def test_a_recording_is_claimed_planned_and_cut(blobs: MemoryBlobs, jobs: JobStore) -> None:
    blobs.replace("gs://inbox/a/options.json", json.dumps({"speakers": 2}).encode(), over=0)
    prepared = prepare(ask(upload(blobs, wav(speech()), {"language": "en"})), blobs, jobs)
    assert not prepared.duplicate
    assert prepared.plan["detect"] is None
    assert prepared.plan["transcribe"]["language"] == "en"  # type: ignore[index]
    assert prepared.plan["diarize"] == {"speakers": 2, "min_speakers": None, "max_speakers": None}
    assert set(prepared.outputs) == {"chunks", "spans", "probe", "manifest"}
    job = jobs.find(prepared.job_id)
    assert job is not None and (job.chunks, job.spans) == (1, 1)


def test_other_options_do_not_cut_again(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    first = prepare(ask(source), blobs, jobs)
    second = prepare(ask(source, run=2, execution="f", options={"language": "de"}), blobs, jobs)
    assert (second.outputs, second.reused) == (first.outputs, True)
    assert second.plan["transcribe"] != first.plan["transcribe"]


def test_channels_apart_are_cut_for_themselves_and_nobody_is_diarized(blobs: MemoryBlobs, jobs: JobStore) -> None:
    stereo = wav(np.stack([speech(), speech()], axis=1).reshape(-1), channels=2)
    prepared = prepare(ask(upload(blobs, stereo, {"channels": "split"})), blobs, jobs)
    assert prepared.plan["diarize"] is None
    assert prepared.outputs["spans"] == (), "the workflow reads it all the same"
    manifest = Manifest.model_validate_json(blobs.read(prepared.outputs["manifest"].uri))  # type: ignore[union-attr]
    assert ([chunk.channel for chunk in manifest.chunks], manifest.spans) == ([0, 1], ())
    job = jobs.find(prepared.job_id)
    assert job is not None and (job.chunks, job.spans) == (2, 0)


def test_other_channels_are_another_cut(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    first = prepare(ask(source), blobs, jobs)
    second = prepare(ask(source, run=2, execution="f", options={"channels": "split"}), blobs, jobs)
    assert not second.reused and second.outputs["manifest"] != first.outputs["manifest"]


@pytest.mark.parametrize(("language", "detects"), [(None, True), ("multi", True), ("de", False)])
def test_the_language_is_detected_unless_it_is_one_that_was_given(
    blobs: MemoryBlobs, jobs: JobStore, language: str | None, detects: bool
) -> None:
    metadata = {"language": language} if language else {}
    plan = prepare(ask(upload(blobs, wav(speech()), metadata)), blobs, jobs).plan
    assert (plan["detect"] is not None) is detects
    assert plan["transcribe"] is not None and plan["transcribe"]["language"] == language


def test_formats_and_replacements_reach_finalize_alone(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    first = prepare(ask(source), blobs, jobs)
    other = {"formats": ["openai"], "replacements": {"teh": "the"}}
    second = prepare(ask(source, run=2, execution="f", options=other), blobs, jobs)
    assert {stage for stage in first.plan if first.plan[stage] != second.plan[stage]} == {"finalize"}
    chosen: Any = (second.plan["finalize"] or {})["options"]
    assert {name: chosen[name] for name in other} == {
        name: {"value": value, "origin": "redrive"} for name, value in other.items()
    }


def test_who_comes_second_is_a_duplicate(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    prepare(ask(source), blobs, jobs)
    assert prepare(ask(source, execution="another"), blobs, jobs).duplicate
    assert not prepare(ask(source), blobs, jobs).duplicate, "a retry of the holder goes on"


def test_a_new_run_forgets_the_old_problem(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    blobs.replace(problem_uri(source), b"{}", over=0)
    prepare(ask(source), blobs, jobs)
    assert blobs.find(problem_uri(source)) is None


def test_an_empty_recording_is_refused_without_a_look(blobs: MemoryBlobs, jobs: JobStore) -> None:
    with pytest.raises(EmptyRecording, match="0 bytes"):
        prepare(ask(upload(blobs, b"")), blobs, jobs)


@pytest.mark.usefixtures("limits")
def test_a_recording_above_the_limit_is_refused(blobs: MemoryBlobs, jobs: JobStore) -> None:
    with pytest.raises(RecordingTooLarge, match=r"960104 bytes; the limit is 0[.]0001 GB"):
        prepare(ask(upload(blobs, b"x" * 960_104)), blobs, jobs)


def test_a_recording_that_is_gone_is_told(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    with pytest.raises(ArtifactMissing, match="deleted or replaced"):
        prepare(ask(source.model_copy(update={"generation": 99})), blobs, jobs)


def test_a_wrong_option_is_told(blobs: MemoryBlobs, jobs: JobStore) -> None:
    with pytest.raises(BadOption, match="'langauge'"):
        prepare(ask(upload(blobs, wav(speech()), {"langauge": "en"})), blobs, jobs)


def test_a_start_without_a_run_is_no_request(blobs: MemoryBlobs, jobs: JobStore) -> None:
    with pytest.raises(BadRequest, match="run: Field required"):
        prepare(StageRequest(source=upload(blobs, b"x")), blobs, jobs)


def report(source: Source, code: int, body: object, blobs: MemoryBlobs, jobs: JobStore, run: int = 1) -> str:
    return finalize(ask(source, run=run, error={"code": code, "problem": body}), blobs, jobs).state


FINAL = Problem(type="urn:dropscribe:problem:not-audio", title="T", status=415, detail="a PDF").model_dump(mode="json")


def outbox(blobs: MemoryBlobs) -> set[str]:
    return {blob.uri.rpartition("/")[2] for blob in blobs.list("gs://dropscribe-outbox/")}


def test_a_final_failure_becomes_a_problem(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, b"%PDF")
    jobs.claim(source, 1, "e")
    assert report(source, 415, FINAL, blobs, jobs) == "failed"
    written = json.loads(blobs.read("gs://dropscribe-outbox/a/b.wav/problem.json"))
    assert written["detail"] == "a PDF"
    job = jobs.find(source.job_id)
    assert job is not None and job.problem is not None and (job.state, job.problem.detail) == ("failed", "a PDF")


def test_the_problem_a_stage_left_is_the_one(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, b"x")
    jobs.claim(source, 1, "e")
    blobs.replace(problem_uri(source), json.dumps({**FINAL, "detail": "left in work"}).encode(), over=0)
    assert report(source, 0, None, blobs, jobs) == "failed"
    assert json.loads(blobs.read("gs://dropscribe-outbox/a/b.wav/problem.json"))["detail"] == "left in work"


def test_it_is_logged_how_a_job_ended(blobs: MemoryBlobs, jobs: JobStore, caplog: pytest.LogCaptureFixture) -> None:
    """Alerts read this line; it names the job and no recording."""
    source = upload(blobs, b"x")
    jobs.claim(source, 1, "e")
    with caplog.at_level(logging.INFO, "functions.finalize"), about(job_id=source.job_id):
        report(source, 415, FINAL, blobs, jobs)
        (record,) = [record for record in caplog.records if record.message == "settled"]
        line = json.loads(JsonLines().format(record))
    assert (line["job_id"], line["state"], line["problem"]) == (source.job_id, "failed", FINAL["type"])
    assert source.name not in json.dumps(line)


@pytest.mark.parametrize(("code", "body"), [(503, {**FINAL, "status": 503}), (0, None), (500, "upstream error")])
def test_what_may_pass_leaves_the_recording_unanswered(
    blobs: MemoryBlobs, jobs: JobStore, code: int, body: object
) -> None:
    source = upload(blobs, b"x")
    jobs.claim(source, 1, "e")
    assert report(source, code, body, blobs, jobs) == "unanswered"
    assert outbox(blobs) == set()
    job = jobs.find(source.job_id)
    assert job is not None and job.state == "unanswered"


def test_only_the_holder_answers(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, b"x")
    jobs.claim(source, 1, "e")
    jobs.claim(source, 2, "redrive")
    assert report(source, 415, FINAL, blobs, jobs) == "superseded"
    assert outbox(blobs) == set()


def test_silence_is_answered(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()[:16_000] * 0))
    prepared = prepare(ask(source), blobs, jobs)
    options = prepared.plan["finalize"]
    assert options is not None
    asked = StageRequest(
        source=source,
        inputs={"manifest": prepared.outputs["manifest"], "words-0": aligned_nothing(blobs)},
        params={**options, "run": 1, "execution": "e"},
    )
    finalized = finalize(asked, blobs, jobs)
    assert finalized.state == "done"
    transcript = json.loads(blobs.read(finalized.outputs["json"]))
    assert (transcript["words"], transcript["media"]["duration"]) == ([], 1.0)
    assert transcript["provenance"]["stages"]["prepare"][0]["name"] == CUT.engine(None).name  # type: ignore[arg-type]
    assert {"transcript.json", "transcript.srt", "transcript.vtt", "transcript.txt"} <= outbox(blobs)
    assert finalize(asked, blobs, jobs) == finalized, "finalize may be asked again"


def ended(source: Source, run: int, blobs: MemoryBlobs, jobs: JobStore, **options: Any) -> Finalized:
    """A run over silence, from its beginning to its answer."""
    prepared = prepare(ask(source, run, f"run {run}", options=options), blobs, jobs)
    planned = prepared.plan["finalize"]
    assert planned is not None
    inputs = {"manifest": prepared.outputs["manifest"], "words-0": aligned_nothing(blobs)}
    asked = StageRequest(source=source, inputs=inputs, params={**planned, "run": run, "execution": f"run {run}"})
    return finalize(asked, blobs, jobs)


def test_only_the_formats_that_were_asked_for_are_written(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()[:16_000] * 0), {"formats": "whisperx,srt", "language": "fr"})
    finalized = ended(source, 1, blobs, jobs)
    assert outbox(blobs) == {"transcript.json", "transcript.srt", "transcript.whisperx.json"}
    transcript = json.loads(blobs.read(finalized.outputs["json"]))
    assert transcript["outputs"] == finalized.outputs == {
        "json": "gs://dropscribe-outbox/a/b.wav/transcript.json",
        "srt": "gs://dropscribe-outbox/a/b.wav/transcript.srt",
        "whisperx": "gs://dropscribe-outbox/a/b.wav/transcript.whisperx.json",
    }  # fmt: skip
    assert transcript["options"]["formats"] == {"value": ["whisperx", "srt"], "origin": "object metadata"}
    assert {blob.metadata["dropscribe-language"] for blob in blobs.list("gs://dropscribe-outbox/")} == {"fr"}


def test_a_redrive_with_other_formats_leaves_just_those(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()[:16_000] * 0))
    ended(source, 1, blobs, jobs)
    assert {"transcript.srt", "transcript.vtt", "transcript.ctm"} < outbox(blobs)
    ended(source, 2, blobs, jobs, formats=["openai"])
    assert outbox(blobs) == {"transcript.json", "transcript.openai.json"}
    ended(source, 3, blobs, jobs, formats=[])
    assert outbox(blobs) == {"transcript.json"}


def test_parts_of_an_earlier_run_that_was_cut_into_more_do_no_harm(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()[:16_000] * 0))
    jobs.begin(source.job_id, "transcribe-x", "transcribe", 7, "w")
    jobs.complete(source.job_id, "transcribe-x", "w", 1.5)
    jobs.begin(source.job_id, "diarize-x", "diarize", 0, "w")
    jobs.complete(source.job_id, "diarize-x", "w", 1.5)
    finalized = ended(source, 1, blobs, jobs, channels="split")
    stages = json.loads(blobs.read(finalized.outputs["json"]))["timings"]["stages"]
    assert {(one["stage"], one["rtf"]) for one in stages if one["stage"] != "prepare"} == {
        ("transcribe", None), ("diarize", None),
    }  # fmt: skip


def aligned_nothing(blobs: MemoryBlobs) -> object:
    from shared.contracts import Engine
    from shared.speech import Aligned
    from shared.stage import One, keep

    engine = Engine(name="e", version="1")
    nothing = Aligned(segments=(), words=(), asr=engine, engines=(engine,))
    return keep("gs://dropscribe-work/x/align", One("aligned", nothing), blobs)


class ErasedMeanwhile(MemoryBlobs):
    """Somebody erases the recording in the moment in which its answer is written."""

    def __init__(self, jobs: JobStore, source: Source) -> None:
        super().__init__()
        self.jobs, self.source = jobs, source

    def replace(self, uri: str, data: bytes, **options: Any) -> int | None:
        written = super().replace(uri, data, **options)
        if uri.endswith("/problem.json"):
            self.jobs.erase(self.source)
        return written


def test_an_answer_written_while_its_recording_is_erased_is_taken_back(jobs: JobStore) -> None:
    source = Source(bucket="inbox", name="a/b.wav", generation=1)
    blobs = ErasedMeanwhile(jobs, source)
    jobs.claim(source, 1, "e")
    error = {"problem": Problem(type="t", title="T", status=415, detail="d").model_dump()}
    with pytest.raises(RecordingErased):
        finalize(ask(source, error=error), blobs, jobs)
    assert list(blobs.list("gs://")) == [] and jobs.erased(source.job_id)


def test_nothing_is_written_for_what_was_erased_before(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    jobs.erase(source)
    assert prepare(ask(source), blobs, jobs).duplicate
    error = {"problem": Problem(type="t", title="T", status=415, detail="d").model_dump()}
    assert finalize(ask(source, error=error), blobs, jobs).state == "superseded"
    assert [blob.uri for blob in blobs.list("gs://")] == [source.uri]


def test_what_finalize_wrote_before_it_died_is_taken_back_by_its_next_call(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    jobs.claim(source, 1, "e")
    put_answer(source, 1, {"transcript.json": b"{}"}, blobs)
    jobs.erase(source)
    assert finalize(ask(source, error={}), blobs, jobs).state == "superseded"
    assert outbox(blobs) == set()


def test_a_problem_that_is_handed_over_answers_a_job_that_nobody_claimed(blobs: MemoryBlobs, jobs: JobStore) -> None:
    source = upload(blobs, wav(speech()))
    error = {"problem": Cancelled("by request").problem(source.job_id, None).model_dump()}
    assert finalize(ask(source, run=2, error=error), blobs, jobs).state == "cancelled"
    job = jobs.find(source.job_id)
    assert job is not None and (job.state, job.run) == ("cancelled", 2)
