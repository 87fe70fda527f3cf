"""What operations refuse, so that no answer is lost to them. The rest is seen from outside, in tests/e2e."""

import pytest

from functions.finalize.outbox import put_answer
from shared.contracts import Source
from shared.jobs import JobStore, MemoryDocuments
from shared.operations import Operations, Refused
from shared.storage import MemoryBlobs
from tests.unit.reconcile.test_sweep import Started


class EndsJustThen(Started):
    """The job is done in the moment in which its execution is cancelled."""

    def __init__(self, jobs: JobStore, job_id: str) -> None:
        super().__init__()
        self.jobs, self.job_id = jobs, job_id

    def cancel(self, execution: str) -> None:
        self.jobs.settle(self.job_id, 1, "done")


@pytest.fixture
def done() -> tuple[Operations, Source]:
    blobs, jobs = MemoryBlobs(), JobStore(MemoryDocuments())
    generation = blobs.replace("gs://dropscribe-inbox/a.mp3", b"sound", over=0)
    assert generation is not None
    source = Source(bucket="dropscribe-inbox", name="a.mp3", generation=generation)
    jobs.claim(source, 1, "first")
    put_answer(source, 1, {"transcript.json": b"{}"}, blobs)
    return Operations(blobs, jobs, EndsJustThen(jobs, source.job_id)), source


def test_a_job_that_ends_while_it_is_cancelled_keeps_its_answer(done: tuple[Operations, Source]) -> None:
    operate, source = done
    with pytest.raises(Refused, match="it is done"):
        operate.cancel(source.job_id)
    assert operate.executions.problems == []  # type: ignore[attr-defined]


def test_a_job_without_its_recording_is_not_run_again(done: tuple[Operations, Source]) -> None:
    operate, source = done
    operate.jobs.settle(source.job_id, 1, "done")
    operate.blobs.delete(source.uri, source.generation)
    with pytest.raises(Refused, match="not in the inbox"):
        operate.redrive(source.job_id)
    assert operate.executions.runs == []  # type: ignore[attr-defined]


def test_a_redrive_asks_for_the_next_run_with_its_options(done: tuple[Operations, Source]) -> None:
    operate, source = done
    operate.jobs.settle(source.job_id, 1, "done")
    assert operate.redrive(source.job_id, {"language": "de"}) == 2
    assert operate.executions.runs == [("a.mp3", 2, {"language": "de"})]  # type: ignore[attr-defined]
