"""A failure of diarize or align costs no words, and a redrive pays only for the failed part.

The real workflow calls the real functions over HTTP, on stores in memory. The engines do nothing.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from emulators.workflows.errors import WorkflowError
from emulators.workflows.tests.running import run_workflow
from functions.align import stage as align
from functions.diarize import stage as diarize
from functions.finalize.job import finalize
from functions.prepare.job import prepare
from functions.transcribe import stage as transcribe
from local.layout import STAGES
from shared.adapters.memory import MemoryBlobs, MemoryDocuments, MemoryEvents
from shared.jobs.edit_store import EditStore
from shared.jobs.job import Job
from shared.jobs.layout import outbox_folder, problem_uri
from shared.jobs.operations import Operations
from shared.jobs.store import JobStore
from shared.model.contracts import Source, StageRequest
from shared.model.edits import Edits, StoredEdits
from shared.model.errors import AudioDeleted
from shared.model.finality import is_final
from shared.model.stages import FUNCTIONS
from shared.runtime.execution import execute, store_problem
from shared.runtime.http import problem_of
from shared.runtime.stage import Output, Stage, StageInput
from shared.settings import settings
from tests.contract.test_transcription_workflow import WORKFLOW, Reply, served
from tests.support.noop import Noop
from tests.support.recordings import speech, wav
from tests.unit.functions.reconcile.test_sweep import FakeExecutions

SPANS = 3
SECONDS = 130
ENGINES: dict[str, Stage[Any]] = {
    "transcribe": Stage(
        "transcribe",
        transcribe.VERSION,
        transcribe.TranscribeParams,
        lambda task: transcribe.transcribe(task, lambda model: Noop()),
        lambda params: Noop.engine,
    ),
    "align": Stage(
        "align",
        align.VERSION,
        align.AlignParams,
        lambda task: align.align(task, Noop),
        lambda params: Noop.engine,
    ),
    "diarize": Stage(
        "diarize",
        diarize.VERSION,
        diarize.DiarizeParams,
        lambda task: diarize.diarize(task, Noop()),
        lambda params: Noop.engine,
    ),
}


class Deployment:
    """The functions behind the workflow. `broken` are the stages and parts that fail for good."""

    def __init__(self) -> None:
        self.blobs = MemoryBlobs()
        self.jobs = JobStore(MemoryDocuments())
        self.events = MemoryEvents()
        self.broken: set[tuple[str, int]] = set()
        self.computed: Counter[tuple[str, int]] = Counter()
        """How often each part was computed."""
        self._lock = threading.Lock()

    def upload(self, **options: str) -> Source:
        samples = np.resize(speech(), SECONDS * 16_000)
        uri = "gs://dropscribe-inbox/team/call.wav"
        metadata = {"language": "en", **options}
        generation = self.blobs.put(uri, wav(samples), if_generation_match=0, metadata=metadata)
        assert generation is not None
        return Source(bucket="dropscribe-inbox", name="team/call.wav", generation=generation)

    def run(self, source: Source, run: int = 1) -> Any:
        """Runs the workflow. Returns what it returns."""
        with served(self.answer) as url:
            environment = {f"STAGE_URL_{stage.upper()}": f"{url}/{stage}" for stage in STAGES}
            environment |= {
                "STAGE_AUDIENCE": "dropscribe",
                "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": f"execution {run}",
            }
            argument = {"source": source.model_dump(), "run": run, "options": {}}
            return run_workflow(WORKFLOW, argument, environment)

    def redrive(self, source: Source) -> Any:
        """Redrives the job and runs what that starts."""
        executions = FakeExecutions()
        run = Operations(self.blobs, self.jobs, executions).redrive(source.job_id)
        return self.run(source, run)

    def answer(self, stage: str, body: dict[str, Any]) -> Reply:
        """As the functions' HTTP adapter does."""
        request = StageRequest.model_validate(body)
        with self._lock:
            try:
                response = self.respond(stage, request)
            except Exception as error:
                problem = problem_of(error, stage, request.source.job_id)
                if is_final(problem):
                    store_problem(problem, request, self.blobs, self.jobs)
                return problem.status, problem.model_dump(mode="json", exclude_none=True)
            return 200, response.model_dump(mode="json")

    def respond(self, stage: str, request: StageRequest) -> Any:
        if stage == "prepare":
            return prepare(request, self.blobs, self.jobs)
        if stage == "finalize":
            return finalize(request, self.blobs, self.jobs, self.events)
        return execute(self.breakable(ENGINES[stage]), request, self.blobs, self.jobs)

    def breakable(self, stage: Stage[Any]) -> Stage[Any]:
        def run(task: StageInput[Any]) -> Iterator[Output]:
            part = (stage.name, task.params.part)
            if part in self.broken:
                raise RuntimeError("the engine breaks here")
            self.computed[part] += 1
            yield from stage.run(task)

        return replace(stage, run=run)

    def transcript(self, source: Source) -> dict[str, Any]:
        uri = f"gs://dropscribe-outbox/{source.name}/transcript.json"
        return dict(json.loads(self.blobs.read(uri)))

    def job(self, source: Source) -> Job:
        job = self.jobs.find(source.job_id)
        assert job is not None
        return job

    def audio(self, source: Source) -> set[str]:
        """Returns the recording and the work audio that exist."""
        work = self.blobs.list(f"gs://dropscribe-work/{source.job_id}/")
        found = {blob.uri for blob in work if blob.uri.endswith(".wav")}
        if self.blobs.find(source.uri):
            found.add(source.uri)
        return found


@pytest.fixture(autouse=True)
def short_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DROPSCRIBE_CHUNK_SECONDS", "20")
    monkeypatch.setenv("DROPSCRIBE_SPAN_SECONDS", "60")
    resources = {name: {"cpu": 1, "memory_gib": 1} for name in FUNCTIONS}
    monkeypatch.setenv("DROPSCRIBE_RESOURCES", json.dumps(resources))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture(scope="module")
def undisturbed() -> Iterator[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DROPSCRIBE_CHUNK_SECONDS", "20")
        patch.setenv("DROPSCRIBE_SPAN_SECONDS", "60")
        settings.cache_clear()
        deployment = Deployment()
        source = deployment.upload()
        assert deployment.run(source)["state"] == "done"
        transcript = deployment.transcript(source)
        patch.undo()
        settings.cache_clear()
        yield transcript


def spoken(transcript: dict[str, Any]) -> list[tuple[object, ...]]:
    """Returns each word with its times and confidence."""
    keys = ("word", "start", "end", "confidence", "language", "channel")
    return [tuple(word[key] for key in keys) for word in transcript["words"]]


def content(transcript: dict[str, Any]) -> dict[str, Any]:
    """Returns what two runs over the same recording have in common."""
    of_a_run = ("job", "timings", "cost", "provenance", "warnings")
    return {key: value for key, value in transcript.items() if key not in of_a_run}


def warning(transcript: dict[str, Any], code: str) -> dict[str, Any]:
    (found,) = [one for one in transcript["warnings"] if one["code"] == code]
    return dict(found)


def test_the_recording_has_several_chunks_and_spans(undisturbed: dict[str, Any]) -> None:
    assert len(undisturbed["words"]) > 10
    parts = Counter(stage["stage"] for stage in undisturbed["timings"]["stages"])
    assert parts["align"] > 4 and parts["diarize"] == SPANS


def test_a_span_without_speakers_costs_no_word_and_a_redrive_pays_for_it_alone(
    undisturbed: dict[str, Any],
) -> None:
    deployment = Deployment()
    source = deployment.upload()
    deployment.broken = {("diarize", 1)}
    assert deployment.run(source)["state"] == "done"

    first = deployment.transcript(source)
    assert spoken(first) == spoken(undisturbed)
    found = warning(first, "speakers_unknown")
    assert found["stage"] == "diarize" and "bug, The log holds the traceback." in found["message"]
    start, end = found["span"]["start"], found["span"]["end"]
    assert f"from {start:.1f} s to {end:.1f} s" in found["message"]
    inside = [word for word in first["words"] if start <= word["start"] < end]
    outside = [word for word in first["words"] if not start <= word["start"] < end]
    assert inside and {word["speaker"] for word in inside} == {None}
    assert outside and None not in {word["speaker"] for word in outside}
    assert all(turn["end"] <= start or turn["start"] >= end for turn in first["turns"])
    assert not {"one_speaker", "speaker_count"} & {one["code"] for one in first["warnings"]}

    job = deployment.job(source)
    assert (job.state, job.problem) == ("done", None) and "speakers_unknown" in job.warnings
    (event,) = deployment.events.events
    data: Any = event.get_data()
    assert data["state"] == "done" and "speakers_unknown" in data["warnings"]
    assert deployment.blobs.find(problem_uri(source)) is None, "it did not end the run"

    paid = deployment.computed.copy()
    deployment.broken = set()
    assert deployment.redrive(source)["state"] == "done"
    assert deployment.computed - paid == Counter({("diarize", 1): 1})
    second = deployment.transcript(source)
    assert content(second) == content(undisturbed)
    assert second["job"]["run"] > first["job"]["run"]
    assert "speakers_unknown" not in {one["code"] for one in second["warnings"]}
    assert "speakers_unknown" not in deployment.job(source).warnings
    assert second["provenance"] == undisturbed["provenance"]
    items = second["cost"]["items"]
    assert items["diarize"] > 0 and items.get("transcribe", 0) == items.get("align", 0) == 0


def test_without_any_diarization_the_answer_has_words_and_no_speakers(
    undisturbed: dict[str, Any],
) -> None:
    deployment = Deployment()
    source = deployment.upload(speakers="2")
    deployment.broken = {("diarize", span) for span in range(SPANS)}
    assert deployment.run(source)["state"] == "done"
    transcript = deployment.transcript(source)
    assert spoken(transcript) == spoken(undisturbed)
    assert (transcript["speakers"], transcript["turns"]) == ([], [])
    assert {word["speaker"] for word in transcript["words"]} == {None}
    found = warning(transcript, "speakers_unknown")
    assert found["span"] == {"start": 0.0, "end": float(SECONDS)}, "one warning for one reason"
    assert "diarize" not in transcript["provenance"]["stages"]
    assert "diarize" not in transcript["cost"]["items"]
    outputs = {name for name in transcript["outputs"] if name != "json"}
    assert outputs == {"srt", "vtt", "txt", "rttm", "ctm"}


def test_an_unaligned_chunk_keeps_the_recognisers_times_and_a_redrive_pays_for_it_alone(
    undisturbed: dict[str, Any],
) -> None:
    deployment = Deployment()
    source = deployment.upload()
    deployment.broken = {("align", 1)}
    assert deployment.run(source)["state"] == "done"

    first = deployment.transcript(source)
    words = [word["word"] for word in first["words"]]
    assert words == [word["word"] for word in undisturbed["words"]]
    assert deployment.job(source).unaligned == (1,), "its words were shown at once"
    span = warning(first, "alignment_failed")["span"]
    inside = [word for word in first["words"] if span["start"] <= word["start"] < span["end"]]
    assert inside and {word["timing"] for word in inside} <= {"asr", "clamped"}
    assert {word["score"] for word in inside} == {None}
    assert None not in {word["speaker"] for word in first["words"]}

    paid = deployment.computed.copy()
    deployment.broken = set()
    assert deployment.redrive(source)["state"] == "done"
    assert deployment.computed - paid == Counter({("align", 1): 1})
    assert content(deployment.transcript(source)) == content(undisturbed)
    assert "alignment_failed" not in deployment.job(source).warnings


def test_the_problem_of_a_later_failure_is_not_that_of_a_missing_part() -> None:
    deployment = Deployment()
    source = deployment.upload()
    deployment.broken = {("diarize", 0), ("align", 0), ("transcribe", 3)}
    with pytest.raises(WorkflowError):
        deployment.run(source)
    job = deployment.job(source)
    assert job.problem is not None and (job.state, job.problem.stage) == ("failed", "transcribe")


@pytest.mark.parametrize("broken", [("diarize", 2), ("align", 0)], ids=lambda part: part[0])
def test_audio_is_kept_until_the_answer_is_complete(broken: tuple[str, int]) -> None:
    deployment = Deployment()
    source = deployment.upload(**{"keep-audio": "false"})
    deployment.broken = {broken}
    assert deployment.run(source)["state"] == "done"
    assert source.uri in deployment.audio(source) and len(deployment.audio(source)) > 10
    assert "audio_kept" in deployment.job(source).warnings

    deployment.broken = set()
    assert deployment.redrive(source)["state"] == "done"
    assert deployment.audio(source) == set()
    assert deployment.job(source).audio_deletion == "done"
    assert "audio_kept" not in deployment.job(source).warnings


def test_without_its_audio_a_job_is_not_run_again_and_its_answer_stays() -> None:
    deployment = Deployment()
    source = deployment.upload(**{"keep-audio": "false"})
    assert deployment.run(source)["state"] == "done"
    assert deployment.audio(source) == set()
    answer = deployment.transcript(source)
    assert answer["options"]["keep-audio"] == {"value": False, "origin": "object metadata"}

    with pytest.raises(AudioDeleted):
        deployment.redrive(source)
    with pytest.raises(WorkflowError) as failed:
        deployment.run(source, run=2)
    assert failed.value.payload["code"] == 410
    assert failed.value.payload["body"]["type"] == "urn:dropscribe:problem:audio-deleted"
    assert deployment.transcript(source) == answer
    outbox = deployment.blobs.list("gs://dropscribe-outbox/")
    assert not [blob.uri for blob in outbox if blob.uri.endswith("problem.json")]
    assert deployment.job(source).state == "done"


def test_nothing_is_deleted_after_a_problem() -> None:
    deployment = Deployment()
    source = deployment.upload(**{"keep-audio": "false"})
    deployment.broken = {("transcribe", 0)}
    with pytest.raises(WorkflowError):
        deployment.run(source)
    assert source.uri in deployment.audio(source)
    assert deployment.job(source).audio_deletion is None


def test_the_workflow_deletes_audio_for_reconcile_and_nothing_else() -> None:
    deployment = Deployment()
    source = deployment.upload(**{"keep-audio": "false"})
    deployment.run(source)
    newer = b"a new recording under the same name"
    deployment.blobs.put(source.uri, newer, if_generation_match=0)
    job = deployment.job(source)
    document = job.model_copy(update={"audio_deletion": "due"}).model_dump(mode="json")
    path = f"jobs/{source.job_id}"
    stored = deployment.jobs.documents.get(path)
    assert stored is not None and deployment.jobs.documents.put(path, document, stored[1])

    with served(deployment.answer) as url:
        environment = {
            "STAGE_URL_FINALIZE": f"{url}/finalize",
            "STAGE_AUDIENCE": "dropscribe",
            "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": "another execution",
        }
        argument = {"source": source.model_dump(), "run": 1, "delete_audio": True}
        assert run_workflow(WORKFLOW, argument, environment)["state"] == "done"
        assert run_workflow(WORKFLOW, argument, environment)["state"] == "superseded"
    assert deployment.job(source).audio_deletion == "done"
    assert deployment.blobs.read(source.uri) == newer, "another generation stays"


def test_the_workflow_has_edits_drawn_and_does_nothing_else() -> None:
    deployment = Deployment()
    source = deployment.upload()
    deployment.run(source)
    store = EditStore(deployment.blobs, deployment.jobs, FakeExecutions())
    saved = store.save(deployment.job(source), Edits(), base=1, revision=0)
    with served(deployment.answer) as url:
        environment = {
            "STAGE_URL_FINALIZE": f"{url}/finalize",
            "STAGE_AUDIENCE": "dropscribe",
            "GOOGLE_CLOUD_WORKFLOW_EXECUTION_ID": "another execution",
        }
        argument = {"source": source.model_dump(), "run": 1, "draw_edits": True}
        assert run_workflow(WORKFLOW, argument, environment)["state"] == "done"
    content = deployment.blobs.read(f"{outbox_folder(source)}/edits.json")
    assert StoredEdits.model_validate_json(content) == saved
    assert deployment.job(source).edits_due is None
