"""The operations counted in the real chain and workflow are those that are priced."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from emulators.workflows.engine import Execution
from emulators.workflows.program import Assign
from functions.align import stage as align
from functions.diarize import stage as diarize
from functions.finalize.job import finalize
from functions.prepare.job import prepare
from functions.transcribe import detect
from functions.transcribe import stage as transcribe
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.events import publish_job_event
from shared.jobs.store import JobStore
from shared.model.contracts import Artifact, Source, StageRequest, StageResponse
from shared.model.cost import CORRECTION, operations
from shared.model.stages import FUNCTIONS, STAGES, parts_of
from shared.ports.blobs import PlannedUpload
from shared.ports.documents import Page
from shared.runtime.execution import execute
from shared.runtime.stage import Stage
from shared.settings import settings
from tests.contract.test_transcription_workflow import EVENT, WORKFLOW, Stages, run
from tests.support.edited_jobs import ANNA, transcribed
from tests.support.gateway import memory_deployment
from tests.support.noop import Noop
from tests.support.recordings import speech, wav

NOOP = Noop()


def stage(name: str, params: type[Any], work: Any) -> Stage[Any]:
    return Stage(name, "1", params, work, lambda _: NOOP.engine)


CHAIN = {
    "detect": stage(
        "detect", detect.DetectParams, lambda task: detect.detect(task, lambda _: NOOP)
    ),
    "transcribe": stage(
        "transcribe",
        transcribe.TranscribeParams,
        lambda task: transcribe.transcribe(task, lambda _: NOOP),
    ),
    "align": stage("align", align.AlignParams, lambda task: align.align(task, lambda: NOOP)),
    "diarize": stage("diarize", diarize.DiarizeParams, lambda task: diarize.diarize(task, NOOP)),
}


class CountedBlobs:
    """A BlobStore that counts as Cloud Storage bills: writes and lists are class A, reads class B,
    deletions free."""

    def __init__(self, counts: Counter[str]) -> None:
        self.counts, self.blobs = counts, MemoryBlobs()

    def find(self, uri: str) -> Any:
        self.counts["read_operation"] += 1
        return self.blobs.find(uri)

    def list(self, prefix: str, **bounds: str) -> Any:
        self.counts["write_operation"] += 1
        return self.blobs.list(prefix, **bounds)

    def read(self, uri: str, generation: int | None = None) -> bytes:
        self.counts["read_operation"] += 1
        return self.blobs.read(uri, generation)

    def fetch(self, artifact: Artifact, to: Path) -> None:
        self.counts["read_operation"] += 1
        self.blobs.fetch(artifact, to)

    def open(self, source: Source) -> BinaryIO:
        self.counts["read_operation"] += 1
        return self.blobs.open(source)

    def put_if_absent(self, uri: str, content: bytes | Path, sha256: str) -> Artifact:
        self.counts["write_operation"] += 1
        return self.blobs.put_if_absent(uri, content, sha256)

    def put(self, uri: str, data: bytes | BinaryIO, **options: Any) -> int | None:
        self.counts["write_operation"] += 1
        return self.blobs.put(uri, data, **options)

    def open_upload(self, uri: str, upload: PlannedUpload) -> str:
        self.counts["write_operation"] += 1
        return self.blobs.open_upload(uri, upload)

    def upload_origin(self) -> str:
        return self.blobs.upload_origin()

    def delete(self, uri: str, generation: int) -> bool:
        return self.blobs.delete(uri, generation)


class CountedDocuments(MemoryDocuments):
    """Documents that count as Firestore bills."""

    def __init__(self, counts: Counter[str]) -> None:
        super().__init__()
        self.counts = counts

    def get(self, path: str) -> Any:
        self.counts["document_read"] += 1
        return super().get(path)

    def put(self, path: str, document: Any, if_version: object | None) -> bool:
        self.counts["document_write"] += 1
        self.counts["document_delete"] += if_version is None  # each document expires
        return super().put(path, document, if_version)

    def list_recent(self, collection: str, limit: int) -> Iterator[Any]:
        found = list(super().list_recent(collection, limit))
        self.counts["document_read"] += max(1, len(found))
        return iter(found)

    def page(self, collection: str, page: Page) -> list[Any]:
        found = super().page(collection, page)
        self.counts["document_read"] += max(1, len(found))
        return found


@pytest.fixture
def short_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DROPSCRIBE_CHUNK_SECONDS", "20")
    monkeypatch.setenv("DROPSCRIBE_SPAN_SECONDS", "60")
    monkeypatch.setenv(
        "DROPSCRIBE_RESOURCES",
        json.dumps({name: {"cpu": 1, "memory_gib": 1} for name in FUNCTIONS}),
    )
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def worked(seconds: float) -> tuple[dict[str, int], Counter[str]]:
    """The whole chain on speech of that length: how often each stage was called, and all that was
    counted."""
    counts: Counter[str] = Counter()
    blobs, jobs = CountedBlobs(counts), JobStore(CountedDocuments(counts))
    log_an_earlier_end(jobs)
    counts.clear()
    samples = np.resize(speech(), int(seconds * 16_000))
    generation = blobs.blobs.put("gs://inbox/a/b.wav", wav(samples), if_generation_match=0)
    source = Source(bucket="inbox", name="a/b.wav", generation=generation or 0)
    start = {"run": 1, "execution": "e"}
    prepared = prepare(StageRequest(source=source, params=start), blobs, jobs)
    plan, manifest = prepared.plan, prepared.outputs["manifest"]
    calls: Counter[str] = Counter(prepare=1, finalize=1)

    def call(name: str, part: int = 0, **inputs: Any) -> StageResponse:
        calls[name] += 1
        params = {**(plan[name] or {}), "part": part}
        return execute(
            CHAIN[name], StageRequest(source=source, inputs=inputs, params=params), blobs, jobs
        )

    language = call("detect", audio=prepared.outputs["probe"], manifest=manifest).outputs[
        "language"
    ]
    peaks = prepared.outputs["peaks"]
    results: dict[str, Any] = {"manifest": manifest, "peaks": peaks, "language": language}
    for part, chunk in enumerate(listed(prepared, "chunks")):
        words = call("transcribe", part, audio=chunk, manifest=manifest, language=language).outputs[
            "recognition"
        ]
        results[f"words-{part}"] = call("align", part, audio=chunk, recognition=words).outputs[
            "aligned"
        ]
    for part, span in enumerate(listed(prepared, "spans")):
        results[f"turns-{part}"] = call("diarize", part, audio=span, manifest=manifest).outputs[
            "diarization"
        ]
    ending = StageRequest(
        source=source, inputs=results, params={**(plan["finalize"] or {}), **start}
    )
    assert finalize(ending, blobs, jobs).state == "done"
    return dict(calls), counts


def log_an_earlier_end(jobs: JobStore) -> None:
    """End another job, whose entry of the event log is the last one so far."""
    earlier = Source(bucket="inbox", name="a/earlier.wav", generation=1)
    jobs.claim(earlier, 1, "earlier")
    jobs.finish(earlier.job_id, 1, "done")
    assert publish_job_event(earlier.job_id, jobs, None)


def listed(prepared: StageResponse, name: str) -> tuple[Artifact, ...]:
    made = prepared.outputs[name]
    return made if isinstance(made, tuple) else (made,)


@pytest.mark.usefixtures("short_parts")
@pytest.mark.parametrize("seconds", [18, 50, 130])
def test_storage_and_documents_are_used_as_often_as_is_priced(seconds: float) -> None:
    calls, counts = worked(seconds)
    priced = operations(calls, seconds=0, stored=0, kept_days=0, heartbeat=15)
    units = (
        "write_operation",
        "read_operation",
        "document_read",
        "document_write",
        "document_delete",
    )
    assert {unit: priced[unit] for unit in units} == {unit: counts[unit] for unit in units}  # type: ignore[index]


def billed_steps_of(stages: Stages, event: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """The steps of the workflow as the runner takes them."""
    count = 0
    act = Execution._act

    async def counting(self: Execution, action: Any, scope: Any) -> Any:
        nonlocal count
        count += len(action.assignments) if isinstance(action, Assign) else action is not None
        return await act(self, action, scope)

    monkeypatch.setattr(Execution, "_act", counting)
    run(stages, event, WORKFLOW)
    return count


@pytest.mark.parametrize(("chunks", "spans"), [(1, 1), (3, 1), (3, 2)])
def test_steps_of_the_workflow_are_as_many_as_is_priced(
    chunks: int, spans: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = {stage: parts_of(stage, chunks, spans) for stage in STAGES}
    priced = operations(calls, seconds=0, stored=0, kept_days=0, heartbeat=15)["internal_step"]
    assert priced == billed_steps_of(Stages(chunks=chunks, spans=spans), EVENT, monkeypatch)


def test_a_correction_uses_what_is_priced(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: Counter[str] = Counter()
    blobs = CountedBlobs(counts)
    plain = memory_deployment(CountedDocuments(counts), blobs=blobs.blobs)
    stores = replace(plain, blobs=blobs)
    source = transcribed(stores)
    job = stores.jobs.find(source.job_id)
    assert job is not None
    counts.clear()
    stores.edits.save(job, ANNA, base=1, revision=0)
    params = {"run": 1, "execution": "e", "draw_edits": True}
    finalize(StageRequest(source=source, params=params), blobs, stores.jobs)
    event = {"source": source.model_dump(), "run": 1, "draw_edits": True}
    counts["internal_step"] = billed_steps_of(Stages(), event, monkeypatch)
    counts["request"] = 2  # to the gateway, and to finalize
    assert {unit: number for unit, number in counts.items() if number} == CORRECTION


def test_every_stage_has_its_counts() -> None:
    assert set(STAGES) == {"prepare", "finalize", *CHAIN}
    assert all(stage.operations["request"] == 1 for stage in STAGES.values())
