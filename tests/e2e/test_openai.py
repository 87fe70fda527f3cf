"""The package `openai` gets text, speakers and a stream from the whole one-machine cloud."""

from collections.abc import Iterator

import pytest
from openai import OpenAI

from tests.support.cloud import Cloud
from tests.support.recordings import speech, wav

RECORDING = wav(speech()[104_000:184_000])
"""Five seconds of speech."""


@pytest.fixture
def client(cloud: Cloud) -> Iterator[OpenAI]:
    _, key = cloud.keys.create("test", ("read", "write"), "openai-jobs/", None)
    url = cloud.home.ports().url("gateway")
    with OpenAI(base_url=f"{url}/v1", api_key=key, timeout=90, max_retries=0) as client:
        yield client


def test_a_recording_becomes_text_speakers_and_a_stream(cloud: Cloud, client: OpenAI) -> None:
    file = ("call.wav", RECORDING)
    create = client.audio.transcriptions.create
    diarized = create(file=file, model="whisper-1", response_format="diarized_json")
    assert {segment.speaker for segment in diarized.segments} == {"A"}
    *deltas, done = create(file=file, model="whisper-1", language="en", stream=True)
    assert done.type == "transcript.text.done" and done.text == diarized.text
    text = "".join(event.delta for event in deltas if event.type == "transcript.text.delta")
    assert text == done.text
    jobs, _ = cloud.jobs.list_page("openai-jobs/", limit=10)
    assert [job.state for job in jobs] == ["done", "done"]
    assert all(job.source.name.startswith("openai-jobs/openai/") for job in jobs)
