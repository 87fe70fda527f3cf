"""Operations on jobs are refused where an answer would be lost.

test_lifecycle.py mixes them in any order, and tests/e2e uses them from outside.
"""

import pytest
from pydantic import JsonValue

from functions.finalize.answer.outbox import put_answer
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.audio import delete_due_audio
from shared.jobs.layout import work_uri
from shared.jobs.operations import Operations
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.model.errors import (
    AudioDeleted,
    NotFound,
    OptionsRefused,
    RecordingGone,
    WrongState,
)
from tests.unit.functions.reconcile.test_sweep import FakeExecutions

INBOX = "dropscribe-inbox"


@pytest.fixture
def operations() -> Operations:
    return Operations(MemoryBlobs(), JobStore(MemoryDocuments()), FakeExecutions())


def executions_of(operations: Operations) -> FakeExecutions:
    assert isinstance(operations.executions, FakeExecutions)
    return operations.executions


def upload(
    operations: Operations, name: str = "a.mp3", metadata: dict[str, str] | None = None
) -> Source:
    before = operations.blobs.find(f"gs://{INBOX}/{name}")
    generation = operations.blobs.put(
        f"gs://{INBOX}/{name}",
        b"sound",
        if_generation_match=before.generation if before else 0,
        metadata=metadata,
    )
    assert generation is not None
    return Source(bucket=INBOX, name=name, generation=generation)


def finish(operations: Operations, source: Source) -> None:
    operations.jobs.claim(source, 1, "first")
    put_answer(source, 1, {"transcript.json": b"{}"}, operations.blobs)
    operations.jobs.finish(source.job_id, 1, "done")


def test_a_job_that_is_done_cannot_be_cancelled(operations: Operations) -> None:
    source = upload(operations)
    finish(operations, source)
    with pytest.raises(WrongState, match="it is done"):
        operations.cancel(source.job_id)
    assert executions_of(operations).problems == []


def test_a_cancelled_job_cannot_be_claimed_by_the_run_that_reconcile_is_about_to_start(
    operations: Operations,
) -> None:
    source = upload(operations)
    operations.jobs.claim(source, 1, "first")
    operations.jobs.finish(source.job_id, 1, "retryable")
    operations.cancel(source.job_id)
    assert not operations.jobs.claim(source, 2, "reconcile's"), "it looked before the cancellation"
    assert executions_of(operations).problems == [("a.mp3", 3, "cancelled")]
    assert operations.jobs.claim(source, 3, "answers")


@pytest.mark.parametrize("by", ["name", "job_id"])
def test_an_unclaimed_recording_is_cancelled_by_its_name_or_job_id(
    operations: Operations, by: str
) -> None:
    upload(operations, "another.mp3")
    source = upload(operations)
    assert operations.cancel(getattr(source, by)) == source
    assert not operations.jobs.claim(source, 1, "its event's"), (
        "an execution that starts now is superseded"
    )
    assert executions_of(operations).problems == [("a.mp3", 2, "cancelled")]
    job = operations.jobs.find(source.job_id)
    assert job is not None and job.state == "cancelled"


def test_a_new_generation_is_another_job(operations: Operations) -> None:
    operations.cancel(upload(operations).name)
    newer = upload(operations)
    assert operations.jobs.claim(newer, 1, "its event's")
    assert operations.cancel("a.mp3") == newer


def test_an_answered_recording_whose_job_has_expired_cannot_be_cancelled(
    operations: Operations,
) -> None:
    source = upload(operations)
    put_answer(source, 1, {"transcript.json": b"{}"}, operations.blobs)
    with pytest.raises(WrongState, match="has been answered"):
        operations.cancel("a.mp3")


@pytest.mark.parametrize("named", ["b.mp3", "0123456789abcdef0123", "options.json", "folder/"])
def test_an_object_that_is_no_recording_cannot_be_cancelled(
    operations: Operations, named: str
) -> None:
    for name in ("a.mp3", "options.json", "folder/"):
        upload(operations, name)
    with pytest.raises(NotFound, match="no job and no recording"):
        operations.cancel(named)


def options_of(operations: Operations, source: Source) -> dict[str, JsonValue]:
    job = operations.jobs.find(source.job_id)
    assert job is not None
    return job.options


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"speakrs": "2"}, "^redrive: there is no option 'speakrs'; did you mean 'speakers'"),
        ({"language": "klingon"}, "^redrive: language is 'klingon'; expected one language"),
        ({"speakers": "2"}, "^the options together: speakers is 2 and channels is split"),
    ],
)
def test_a_redrive_with_a_bad_option_is_refused_before_anything_changes(
    operations: Operations, options: dict[str, JsonValue], says: str
) -> None:
    source = upload(operations, metadata={"channels": "split"})
    finish(operations, source)
    before = operations.jobs.find(source.job_id)
    with pytest.raises(OptionsRefused, match=says):
        operations.redrive(source.job_id, options)
    assert operations.jobs.find(source.job_id) == before
    assert executions_of(operations).runs == []


def test_a_redrive_is_refused_if_an_options_file_has_become_wrong(operations: Operations) -> None:
    source = upload(operations, "team/a.mp3")
    finish(operations, source)
    operations.blobs.put(f"gs://{INBOX}/team/options.json", b'{"task": 5}', if_generation_match=0)
    with pytest.raises(
        OptionsRefused, match=r"^team/options[.]json: task is 5; expected transcribe, translate or"
    ):
        operations.redrive(source.job_id)


def test_a_redrive_mends_a_wrong_value_of_the_upload(operations: Operations) -> None:
    source = upload(operations, metadata={"language": "klingon"})
    finish(operations, source)
    operations.redrive(source.job_id, {"language": "de"})
    assert options_of(operations, source) == {"language": "de"}


def test_a_redrive_keeps_replaces_or_forgets_the_options_of_the_last_one(
    operations: Operations,
) -> None:
    source = upload(operations)
    finish(operations, source)
    of_the_last: dict[str, JsonValue] = {"language": "de", "speakers": "2"}
    replaced: dict[str, JsonValue] = {"task": "translate"}
    redrives: list[tuple[dict[str, JsonValue] | None, dict[str, JsonValue]]] = [
        (of_the_last, of_the_last),
        (None, of_the_last),
        (replaced, replaced),
        ({}, {}),
    ]
    for asked, options in redrives:
        operations.redrive(source.job_id, asked)
        assert options_of(operations, source) == options
        executions_of(operations).active.clear()


def test_a_job_whose_recording_is_gone_cannot_be_redriven(operations: Operations) -> None:
    source = upload(operations)
    finish(operations, source)
    operations.blobs.delete(source.uri, source.generation)
    with pytest.raises(RecordingGone, match="could only end with a problem"):
        operations.redrive(source.job_id)
    assert executions_of(operations).runs == []


def test_a_redrive_starts_a_run_with_its_options(operations: Operations) -> None:
    source = upload(operations)
    finish(operations, source)
    assert operations.redrive(source.job_id, {"language": "de"}) == 3
    assert executions_of(operations).runs == [("a.mp3", 3)]


def test_options_over_the_limit_are_refused_before_anything_is_written(
    operations: Operations,
) -> None:
    source = upload(operations)
    finish(operations, source)
    with pytest.raises(OptionsRefused, match="larger than 64 KiB"):
        operations.redrive(source.job_id, {"prompt": "x" * 70_000})
    job = operations.jobs.find(source.job_id)
    assert job is not None and (job.state, job.run) == ("done", 1)
    assert executions_of(operations).runs == []


def test_a_redrive_that_waits_is_not_redriven_again(operations: Operations) -> None:
    source = upload(operations)
    finish(operations, source)
    operations.redrive(source.job_id)
    with pytest.raises(WrongState, match="it is queued; cancel it first"):
        operations.redrive(source.job_id)
    operations.cancel(source.job_id)
    assert not operations.jobs.claim(source, 3, "the redrive's")
    assert executions_of(operations).problems == [("a.mp3", 5, "cancelled")]


def test_an_erasure_deletes_the_recording_its_work_objects_and_its_answers(
    operations: Operations,
) -> None:
    older, beneath = upload(operations), upload(operations, "a.mp3/beneath.mp3")
    finish(operations, older)
    newer = upload(operations)
    for source in (newer, beneath):
        finish(operations, source)
    operations.blobs.put(f"{work_uri(newer, 'prepare')}/x.json", b"{}", if_generation_match=0)
    assert operations.erase(INBOX, "a.mp3") == 2
    left = {blob.uri for blob in operations.blobs.list("gs://")}
    assert left == {beneath.uri, f"gs://dropscribe-outbox/{beneath.name}/transcript.json"}


def test_an_erasure_leaves_a_recording_that_is_uploaded_meanwhile(operations: Operations) -> None:
    source = upload(operations)
    finish(operations, source)
    delete = operations.blobs.delete

    def answered_meanwhile(uri: str, generation: int) -> bool:
        if uri == source.uri:
            finish(operations, upload(operations))
        return delete(uri, generation)

    operations.blobs.delete = answered_meanwhile  # type: ignore[method-assign]
    operations.erase(INBOX, "a.mp3")
    assert operations.blobs.find(source.uri) and operations.blobs.find(
        "gs://dropscribe-outbox/a.mp3/transcript.json"
    )


def test_a_repeated_erasure_deletes_an_answer_that_was_written_later(
    operations: Operations,
) -> None:
    """A container may have been killed after it wrote an answer and before it deleted it."""
    source = upload(operations)
    operations.erase(INBOX, "a.mp3")
    put_answer(source, 1, {"transcript.json": b"{}"}, operations.blobs)
    assert operations.erase(INBOX, "a.mp3") == 1
    assert list(operations.blobs.list("gs://")) == []
    assert operations.erase(INBOX, "a.mp3") == 0


@pytest.mark.parametrize("is_deleted", [False, True])
def test_a_job_whose_audio_is_deleted_cannot_be_run_again_and_can_be_erased(
    operations: Operations, is_deleted: bool
) -> None:
    source = upload(operations)
    operations.jobs.claim(source, 1, "first")
    put_answer(source, 1, {"transcript.json": b"{}"}, operations.blobs)
    operations.jobs.finish(source.job_id, 1, "done", deletes_audio=True)
    if is_deleted:
        assert delete_due_audio(source, 1, operations.blobs, operations.jobs)
    with pytest.raises(AudioDeleted) as refused:
        operations.redrive(source.job_id)
    problem = refused.value.problem(source.job_id, None)
    assert (problem.status, problem.type) == (410, "urn:dropscribe:problem:audio-deleted")
    assert executions_of(operations).runs == []

    assert operations.find(source.job_id).state == "done"
    assert operations.erase(INBOX, source.name) == 1
    assert list(operations.blobs.list("gs://")) == []
    assert operations.find(source.job_id).state == "erased"
