"""The store of edits saves each revision over the one before only, and has it drawn."""

from collections.abc import Callable, Mapping
from typing import BinaryIO

import pytest

from functions.gateway.deployment import Deployment
from shared.adapters.memory import MemoryBlobs
from shared.jobs.due_edits import list_due, record_drawn
from shared.jobs.edit_store import EditStore
from shared.jobs.job import Job
from shared.jobs.layout import edits_uri
from shared.model.contracts import Source
from shared.model.edits import Edits, StoredEdits, UnappliedEdit
from shared.model.errors import (
    EditsOutdated,
    RecordingErased,
    TranscriptGone,
    WorkflowUnavailable,
)
from shared.ports.blobs import JSON
from tests.support.edited_jobs import ANNA, BEN, answer, draw_current, transcribed
from tests.support.gateway import MemoryExecutions, memory_deployment


class SilentExecutions(MemoryExecutions):
    """Executions of a workflow that does not answer."""

    def draw_edits(self, source: Source, run: int) -> str:
        raise WorkflowUnavailable("it does not answer")


class InterruptedBlobs(MemoryBlobs):
    """Calls a function once before the next write of edits, and can lose that write's response."""

    def __init__(self) -> None:
        super().__init__()
        self.before_write: Callable[[], object] | None = None
        self.loses_response = False

    def put(
        self,
        uri: str,
        data: bytes | BinaryIO,
        *,
        if_generation_match: int,
        content_type: str = JSON,
        metadata: Mapping[str, str] | None = None,
    ) -> int | None:
        act, self.before_write = self.before_write, None
        if act is not None and uri.endswith("/edits.json"):
            act()
        written = super().put(
            uri,
            data,
            if_generation_match=if_generation_match,
            content_type=content_type,
            metadata=metadata,
        )
        return None if self.loses_response else written


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


def job_of(stores: Deployment, source: Source) -> Job:
    job = stores.jobs.find(source.job_id)
    assert job is not None
    return job


def save(stores: Deployment, source: Source, edits: Edits, revision: int) -> StoredEdits:
    job = job_of(stores, source)
    return stores.edits.save(job, edits, 1, revision)


def drawings(stores: Deployment) -> list[tuple[Source, int]]:
    assert isinstance(stores.executions, MemoryExecutions)
    return stores.executions.drawings


def test_a_recording_without_edits_has_none(stores: Deployment) -> None:
    source = transcribed(stores)
    found = stores.edits.find(job_of(stores, source))
    assert (found.current, found.revision, found.etag, found.is_drawn) == (None, 0, '"1-0"', True)


def test_each_save_is_the_next_revision_and_is_to_be_drawn(stores: Deployment) -> None:
    source = transcribed(stores)
    assert save(stores, source, ANNA, 0).revision == 1
    assert save(stores, source, BEN, 1).revision == 2
    found = stores.edits.find(job_of(stores, source))
    assert found.current is not None and found.current.edits == BEN
    assert (found.etag, found.is_drawn) == ('"1-2"', False)
    job = job_of(stores, source)
    assert (job.edits_due, [due.job_id for due in list_due(stores.jobs)]) == (2, [source.job_id])


@pytest.mark.parametrize(("base", "revision"), [(1, 0), (1, 2), (2, 1), (0, 0)])
def test_edits_that_are_not_those_in_force_are_not_replaced(
    stores: Deployment, base: int, revision: int
) -> None:
    source = transcribed(stores)
    first = save(stores, source, ANNA, 0)
    with pytest.raises(EditsOutdated) as refused:
        stores.edits.save(job_of(stores, source), BEN, base, revision)
    assert refused.value.etag == '"1-1"'
    assert stores.edits.current(job_of(stores, source)) == first


def test_of_two_who_save_at_once_one_is_refused() -> None:
    blobs = InterruptedBlobs()
    stores = memory_deployment(blobs=blobs)
    source = transcribed(stores)
    blobs.before_write = lambda: save(stores, source, ANNA, 0)
    with pytest.raises(EditsOutdated):
        save(stores, source, BEN, 0)
    current = stores.edits.current(job_of(stores, source))
    assert current is not None and (current.edits, current.revision) == (ANNA, 1)


def test_a_write_whose_response_was_lost_is_no_conflict() -> None:
    blobs = InterruptedBlobs()
    stores = memory_deployment(blobs=blobs)
    source = transcribed(stores)
    blobs.loses_response = True
    assert save(stores, source, ANNA, 0).revision == 1
    assert len(drawings(stores)) == 1


def test_a_repeated_request_saves_nothing_again(stores: Deployment) -> None:
    source = transcribed(stores)
    first = save(stores, source, ANNA, 0)
    assert save(stores, source, ANNA, 0) == first
    with pytest.raises(EditsOutdated):
        save(stores, source, BEN, 0)


def test_quick_saves_are_drawn_by_one_execution(stores: Deployment) -> None:
    source = transcribed(stores)
    for revision in range(3):
        save(stores, source, Edits(words={"0": f"Good{revision}"}), revision)
    assert drawings(stores) == [(source, 1)]
    assert not record_drawn(source.job_id, 2, stores.jobs), "it is to draw the third, too"
    assert record_drawn(source.job_id, 3, stores.jobs)
    assert job_of(stores, source).drawing is None
    save(stores, source, ANNA, 3)
    assert drawings(stores) == [(source, 1), (source, 1)]


def test_an_execution_that_has_died_is_followed_by_another(stores: Deployment) -> None:
    source = transcribed(stores)
    save(stores, source, ANNA, 0)
    stores.executions.cancel(job_of(stores, source).drawing_execution)
    save(stores, source, BEN, 1)
    assert len(drawings(stores)) == 2


def test_edits_are_kept_while_the_workflow_does_not_answer() -> None:
    stores = memory_deployment(executions=SilentExecutions())
    source = transcribed(stores)
    assert save(stores, source, ANNA, 0).revision == 1
    assert [job.edits_due for job in list_due(stores.jobs)] == [1]


def test_edits_in_the_files_of_the_answer_outlive_the_work_bucket(stores: Deployment) -> None:
    source = transcribed(stores)
    transcript = answer(stores, source, run=2)
    job = job_of(stores, source)
    saved = stores.edits.save(job, ANNA, 2, 0)
    draw_current(stores, source, transcript)
    assert stores.edits.find(job).is_drawn
    kept = stores.blobs.find(edits_uri(source))
    assert kept is not None and stores.blobs.delete(kept.uri, kept.generation)
    assert stores.edits.current(job) == saved
    assert stores.edits.save(job, BEN, 2, 1).revision == 2


def test_edits_of_a_former_transcript_are_not_in_force(stores: Deployment) -> None:
    source = transcribed(stores)
    save(stores, source, ANNA, 0)
    answer(stores, source, run=2)
    job = job_of(stores, source)
    assert stores.edits.find(job).etag == '"2-0"'
    with pytest.raises(EditsOutdated):
        stores.edits.save(job, BEN, 1, 1)


def test_edits_that_a_newer_run_has_taken_over_are_not_replaced(stores: Deployment) -> None:
    source = transcribed(stores)
    saved = save(stores, source, ANNA, 0)
    taken_over = saved.model_copy(update={"base": 3, "revision": 2})
    found = stores.edits.find(job_of(stores, source))
    content = taken_over.model_dump_json().encode()
    uri = edits_uri(source)
    assert stores.blobs.put(uri, content, if_generation_match=found.saved_generation)
    with pytest.raises(EditsOutdated):
        save(stores, source, BEN, 0)
    assert stores.blobs.read(uri) == content


def test_what_found_no_place_stays_in_the_next_revision(stores: Deployment) -> None:
    source = transcribed(stores)
    saved = save(stores, source, ANNA, 0)
    lost = UnappliedEdit(kind="word", text="Bob", edit="Rob", start=1.0, end=1.2)
    with_lost = saved.model_copy(update={"unapplied": (lost,), "revision": 2})
    found = stores.edits.find(job_of(stores, source))
    content = with_lost.model_dump_json().encode()
    assert stores.blobs.put(edits_uri(source), content, if_generation_match=found.saved_generation)
    assert save(stores, source, BEN, 2).unapplied == (lost,)


def test_edits_of_a_recording_that_is_erased_meanwhile_are_deleted() -> None:
    blobs = InterruptedBlobs()
    stores = memory_deployment(blobs=blobs)
    source = transcribed(stores)
    blobs.before_write = lambda: stores.operations.erase(source.bucket, source.name)
    with pytest.raises(RecordingErased):
        save(stores, source, ANNA, 0)
    assert blobs.find(edits_uri(source)) is None
    assert drawings(stores) == []


def test_a_transcript_that_is_gone_has_no_edits(stores: Deployment) -> None:
    source = transcribed(stores)
    job = job_of(stores, source)
    for blob in stores.blobs.list("gs://dropscribe-outbox/"):
        stores.blobs.delete(blob.uri, blob.generation)
    store: EditStore = stores.edits
    with pytest.raises(TranscriptGone):
        store.find(job)
