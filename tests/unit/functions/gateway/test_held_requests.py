"""A request of another API's client becomes a job with a name of its own, and waits for its end."""

import io

import pytest

from functions.gateway.access import Caller
from functions.gateway.held_requests import ended_job, form_upload, upload_name
from functions.gateway.problems import JobFailed
from functions.gateway.recording_form import RecordingForm
from shared.model.errors import NotEnded, NotFound, RecordingErased
from tests.support.gateway import memory_deployment
from tests.support.gateway_jobs import begin, done_job, fail, upload

CALLER = Caller("k1", frozenset({"write"}), "team-a/")


@pytest.mark.parametrize(
    ("file_name", "kept"),
    [
        ("call.wav", "call.wav"),
        ("C:\\calls\\call.wav", "call.wav"),
        ("../../etc/call.wav", "call.wav"),
        ("", "recording"),
        ("..", "recording"),
        ("options.json", "recording"),
        ("a\nb.wav", "recording"),
        ("x" * 2000, "recording"),
    ],
)
def test_a_name_ends_with_that_of_the_file_if_an_object_may_have_it(
    file_name: str, kept: str
) -> None:
    dialect, upload_id, name = upload_name("openai", file_name, CALLER, None).split("/")
    assert (dialect, len(upload_id), name) == ("openai", 16, kept)


def test_only_a_repeated_request_has_the_name_of_the_first() -> None:
    def name(key: str | None, caller: Caller = CALLER) -> str:
        return upload_name("asr", "call.wav", caller, key)

    assert name(None) != name(None)
    assert name("1") == name("1") != name("2")
    assert name("1") != name("1", Caller("k2", frozenset(), "team-a/"))


def test_our_own_options_are_stronger_and_unknown_fields_are_left_out() -> None:
    fields = [("speakers", "3"), ("Language", "de"), ("x-order-id", "77"), ("logprobs", "true")]
    form = RecordingForm(io.BytesIO(b"sound"), "call.wav", "audio/wav", 5, ())
    asked = form_upload(form, "openai/1/call.wav", {"language": "en", "task": "translate"}, fields)
    assert asked.options == {"language": "de", "task": "translate", "speakers": "3"}
    assert asked.metadata == {"order-id": "77"}


def test_the_end_of_a_job_is_its_transcript_or_the_reason_why_there_is_none() -> None:
    stores = memory_deployment()
    running = upload(stores, "team-a/running.wav")
    begin(stores, running)
    with pytest.raises(NotEnded, match=running.job_id):
        ended_job(running.job_id, CALLER, stores)
    problem = fail(stores, running)
    with pytest.raises(JobFailed) as failed:
        ended_job(running.job_id, CALLER, stores)
    assert failed.value.problem == problem
    done = done_job(stores, "team-a/done.wav")
    assert ended_job(done.job_id, CALLER, stores).state == "done"
    stores.operations.erase(done.bucket, done.name)
    with pytest.raises(RecordingErased):
        ended_job(done.job_id, CALLER, stores)
    with pytest.raises(NotFound):
        ended_job(done_job(stores, "team-b/done.wav").job_id, CALLER, stores)
