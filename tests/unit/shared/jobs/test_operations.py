"""Cancel, redrive and erase do what they should, and are refused where an answer would be lost.

tests/e2e tests them from outside, and test_lifecycle.py in any order.
"""

import pytest

from functions.finalize.answer.outbox import put_answer
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.layout import work_uri
from shared.jobs.operations import Operations, Refused
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from tests.unit.functions.reconcile.test_sweep import Started

INBOX = "dropscribe-inbox"


@pytest.fixture
def operate() -> Operations:
    return Operations(MemoryBlobs(), JobStore(MemoryDocuments()), Started())


def started(operate: Operations) -> Started:
    assert isinstance(operate.executions, Started)
    return operate.executions


def upload(operate: Operations, name: str = "a.mp3") -> Source:
    before = operate.blobs.find(f"gs://{INBOX}/{name}")
    generation = operate.blobs.put(
        f"gs://{INBOX}/{name}", b"sound", if_generation_match=before.generation if before else 0
    )
    assert generation is not None
    return Source(bucket=INBOX, name=name, generation=generation)


def done(operate: Operations, source: Source) -> None:
    operate.jobs.claim(source, 1, "first")
    put_answer(source, 1, {"transcript.json": b"{}"}, operate.blobs)
    operate.jobs.finish(source.job_id, 1, "done")


def test_a_job_that_has_just_ended_keeps_its_answer(operate: Operations) -> None:
    source = upload(operate)
    done(operate, source)
    with pytest.raises(Refused, match="it is done"):
        operate.cancel(source.job_id)
    assert started(operate).problems == []


def test_a_cancelled_job_is_not_the_run_that_reconcile_is_about_to_start(
    operate: Operations,
) -> None:
    source = upload(operate)
    operate.jobs.claim(source, 1, "first")
    operate.jobs.finish(source.job_id, 1, "retryable")
    operate.cancel(source.job_id)
    assert not operate.jobs.claim(source, 2, "reconcile's"), "it had looked before"
    assert started(operate).problems == [("a.mp3", 3, "cancelled")]
    assert operate.jobs.claim(source, 3, "answers")


@pytest.mark.parametrize("by", ["name", "job_id"])
def test_what_nobody_has_begun_with_is_cancelled_by_its_name_or_id(
    operate: Operations, by: str
) -> None:
    upload(operate, "another.mp3")
    source = upload(operate)
    assert operate.cancel(getattr(source, by)) == source
    assert not operate.jobs.claim(source, 1, "its event's"), (
        "an execution that begins now finds itself superseded"
    )
    assert started(operate).problems == [("a.mp3", 2, "cancelled")]
    job = operate.jobs.find(source.job_id)
    assert job is not None and job.state == "cancelled"


def test_a_new_generation_is_another_job(operate: Operations) -> None:
    operate.cancel(upload(operate).name)
    newer = upload(operate)
    assert operate.jobs.claim(newer, 1, "its event's")
    assert operate.cancel("a.mp3") == newer


def test_an_answer_whose_job_is_not_known_any_more_is_not_taken_away(operate: Operations) -> None:
    source = upload(operate)
    put_answer(source, 1, {"transcript.json": b"{}"}, operate.blobs)
    with pytest.raises(Refused, match="has been answered"):
        operate.cancel("a.mp3")


@pytest.mark.parametrize("named", ["b.mp3", "0123456789abcdef0123", "options.json", "folder/"])
def test_what_is_no_recording_cannot_be_cancelled(operate: Operations, named: str) -> None:
    for name in ("a.mp3", "options.json", "folder/"):
        upload(operate, name)
    with pytest.raises(Refused, match="no job and no recording"):
        operate.cancel(named)


def test_a_job_without_its_recording_is_not_run_again(operate: Operations) -> None:
    source = upload(operate)
    done(operate, source)
    operate.blobs.delete(source.uri, source.generation)
    with pytest.raises(Refused, match="not in the inbox"):
        operate.redrive(source.job_id)
    assert started(operate).runs == []


def test_a_redrive_asks_for_a_run_of_its_own_with_its_options(operate: Operations) -> None:
    source = upload(operate)
    done(operate, source)
    assert operate.redrive(source.job_id, {"language": "de"}) == 3
    assert started(operate).runs == [("a.mp3", 3, {"language": "de"})]


def test_an_erasure_takes_all_that_came_of_it(operate: Operations) -> None:
    older, beneath = upload(operate), upload(operate, "a.mp3/beneath.mp3")
    done(operate, older)
    newer = upload(operate)
    for source in (newer, beneath):
        done(operate, source)
    operate.blobs.put(f"{work_uri(newer, 'prepare')}/x.json", b"{}", if_generation_match=0)
    assert operate.erase(INBOX, "a.mp3") == 2
    left = {blob.uri for blob in operate.blobs.list("gs://")}
    assert left == {beneath.uri, f"gs://dropscribe-outbox/{beneath.name}/transcript.json"}


def test_an_erasure_leaves_what_is_uploaded_under_the_name_meanwhile(operate: Operations) -> None:
    source = upload(operate)
    done(operate, source)
    delete = operate.blobs.delete

    def answered_meanwhile(uri: str, generation: int) -> bool:
        if uri == source.uri:
            done(operate, upload(operate))
        return delete(uri, generation)

    operate.blobs.delete = answered_meanwhile  # type: ignore[method-assign]
    operate.erase(INBOX, "a.mp3")
    assert operate.blobs.find(source.uri) and operate.blobs.find(
        "gs://dropscribe-outbox/a.mp3/transcript.json"
    )


def test_an_erasure_is_repeated_by_what_stands_in_the_outbox(operate: Operations) -> None:
    """Such as the answer of a container that was killed after it wrote, and before it took it
    back."""
    source = upload(operate)
    operate.erase(INBOX, "a.mp3")
    put_answer(source, 1, {"transcript.json": b"{}"}, operate.blobs)
    assert operate.erase(INBOX, "a.mp3") == 1
    assert list(operate.blobs.list("gs://")) == []
    assert operate.erase(INBOX, "a.mp3") == 0
