"""The package `openai` gets transcripts, streams and errors from a real server as its types are."""

import asyncio
import io
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

import httpx
import openai
import pytest
from fastapi import FastAPI
from openai import AsyncOpenAI, OpenAI
from openai.types import Model
from openai.types.audio import (
    Transcription,
    TranscriptionDiarized,
    TranscriptionTextDeltaEvent,
    TranscriptionTextDoneEvent,
    TranscriptionTextSegmentEvent,
    TranscriptionVerbose,
    Translation,
    TranslationVerbose,
)
from pydantic import BaseModel

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.job_watch import JobWatch, job_watch
from functions.gateway.limits import StreamLimit
from shared.model.contracts import Source
from shared.settings import settings
from tests.support.answered_uploads import (
    BAD,
    FIRST,
    SECOND,
    TEXT,
    answered_deployment,
    end,
    watched_deployment,
)
from tests.support.api_server import serve
from tests.support.gateway import key_headers
from tests.support.gateway_jobs import begin
from tests.support.live_jobs import align, cut

M = TypeVar("M", bound=BaseModel)
MODEL = "gpt-4o-transcribe"
SOUND = b"sound"


@dataclass
class Server:
    """A gateway on a port, and the stores of the present test."""

    url: str
    app: FastAPI
    stores: Deployment
    watch: JobWatch
    clients: ExitStack = field(default_factory=ExitStack)
    """They are closed after each test."""

    def key(self, *scopes: Any) -> str:
        headers = key_headers(self.stores, scopes or ("read", "write"))
        return headers["Authorization"].removeprefix("Bearer ")

    def client(self, **options: Any) -> OpenAI:
        defaults = {"api_key": self.key(), "timeout": 60}
        client = OpenAI(base_url=f"{self.url}/v1", **{**defaults, **options})
        return self.clients.enter_context(client)

    def jobs(self) -> int:
        return len(self.stores.jobs.list_page("", limit=50)[0])


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    app = create_app()
    server = Server("", app, answered_deployment(), JobWatch(interval=0.01))
    app.dependency_overrides[deployment] = lambda: server.stores
    app.dependency_overrides[job_watch] = lambda: server.watch
    with serve(app) as url:
        server.url = url
        yield server


@pytest.fixture
def server(running: Server) -> Iterator[Server]:
    """A server whose jobs are over when their uploads are."""
    running.stores = answered_deployment()
    with running.clients:
        yield running


@pytest.fixture
def watched(running: Server) -> Iterator[tuple[Server, list[Source]]]:
    """A server whose jobs a test does, and the recordings that were uploaded to it."""
    running.stores, uploaded = watched_deployment()
    with running.clients:
        yield running, uploaded


@pytest.fixture
def short_holds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Requests are held for a moment only."""
    monkeypatch.setenv("DROPSCRIBE_HELD_SECONDS", "0.05")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def checked(model: type[M], found: object) -> M:
    """Returns what the package found, which it does not validate itself, as the model."""
    assert type(found) is model
    return model.model_validate(found.model_dump(mode="json", exclude_unset=True), strict=True)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("kind", ["bytes", "path", "file", "tuple"])
def test_a_file_may_be_given_in_any_way(server: Server, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(SOUND)
    files: dict[str, Any] = {
        "bytes": SOUND,
        "path": path,
        "file": io.BytesIO(SOUND),
        "tuple": ("call.wav", SOUND, "audio/wav"),
    }
    found = server.client().audio.transcriptions.create(file=files[kind], model=MODEL)
    transcription = checked(Transcription, found)
    assert transcription.text == TEXT
    assert transcription.usage is not None and transcription.usage.type == "duration"
    assert transcription.usage.seconds == 20.0
    assert server.stores.blobs.read(only_source(server).uri) == SOUND


def only_source(server: Server) -> Source:
    (job,), _ = server.stores.jobs.list_page("", limit=2)
    return job.source


def test_times_are_those_that_are_asked_for(server: Server) -> None:
    transcriptions = server.client().audio.transcriptions
    both = transcriptions.create(
        file=SOUND,
        model=MODEL,
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
    )
    verbose = checked(TranscriptionVerbose, both)
    assert (verbose.language, verbose.duration, verbose.text) == ("english", 20.0, TEXT)
    assert verbose.words is not None and verbose.segments is not None
    assert verbose.words[0].model_dump() == {"word": "Hello", "start": 0.5, "end": 1.0}
    assert [segment.text for segment in verbose.segments] == [f" {FIRST}", f" {SECOND}"]
    assert (verbose.segments[1].seek, verbose.segments[1].start) == (1100, 11.0)
    segments = transcriptions.create(file=SOUND, model=MODEL, response_format="verbose_json")
    assert segments.segments is not None and segments.words is None
    words = transcriptions.create(
        file=SOUND,
        model=MODEL,
        response_format="verbose_json",
        timestamp_granularities=["word"],
    )
    assert words.segments is None and words.words is not None


def test_texts_are_texts(server: Server) -> None:
    transcriptions = server.client().audio.transcriptions
    text = transcriptions.create(file=SOUND, model=MODEL, response_format="text")
    assert text == f"{TEXT}\n"
    srt = transcriptions.create(file=SOUND, model=MODEL, response_format="srt")
    assert srt == (
        f"1\n00:00:00,500 --> 00:00:02,000\n{FIRST}\n\n2\n00:00:11,000 --> 00:00:13,000\n{SECOND}\n"
    )
    vtt = transcriptions.create(file=SOUND, model=MODEL, response_format="vtt")
    assert vtt.startswith("WEBVTT\n") and SECOND in vtt


def test_speakers_have_letters(server: Server) -> None:
    found = server.client().audio.transcriptions.create(
        file=SOUND,
        model="gpt-4o-transcribe-diarize",
        response_format="diarized_json",
        chunking_strategy="auto",
    )
    diarized = checked(TranscriptionDiarized, found)
    assert [(one.speaker, one.text) for one in diarized.segments] == [("A", FIRST), ("B", SECOND)]


@pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
def test_a_translation_is_one(server: Server) -> None:
    translations = server.client().audio.translations
    plain = translations.create(file=SOUND, model="whisper-1")
    assert checked(Translation, plain).text == TEXT
    found = translations.create(file=SOUND, model="whisper-1", response_format="verbose_json")
    verbose = checked(TranslationVerbose, found)
    assert (verbose.language, verbose.text) == ("english", TEXT)


def test_our_own_options_go_with_a_request(server: Server) -> None:
    raw = server.client().audio.transcriptions.with_raw_response.create(
        file=SOUND, model=MODEL, language="en", extra_body={"min-speakers": 2, "x-order-id": "77"}
    )
    assert raw.parse().text == TEXT
    job = server.stores.jobs.find(raw.headers["X-Dropscribe-Job"])
    assert job is not None and job.tags == {"x-order-id": "77"}
    recording = server.stores.blobs.find(job.source.uri)
    assert recording is not None and recording.metadata["min-speakers"] == "2"


def test_models_are_listed(server: Server) -> None:
    models = server.client().models
    names = [checked(Model, model).id for model in models.list()]
    assert names == ["dropscribe", "whisper-1"]
    assert checked(Model, models.retrieve("whisper-1")).id == "whisper-1"


def test_many_requests_at_once_have_a_job_each(server: Server) -> None:
    async def ask() -> list[Transcription]:
        async with AsyncOpenAI(base_url=f"{server.url}/v1", api_key=server.key()) as client:
            create = client.audio.transcriptions.create
            requests = [create(file=("a.wav", SOUND), model=MODEL) for _ in range(6)]
            return list(await asyncio.gather(*requests))

    found = asyncio.run(ask())
    assert {transcription.text for transcription in found} == {TEXT}
    assert server.jobs() == 6


# Errors


def test_errors_are_exceptions_of_their_classes(server: Server) -> None:
    def create(client: OpenAI, file: bytes = SOUND, **fields: Any) -> Any:
        return client.audio.transcriptions.create(file=file, model=MODEL, **fields)

    with pytest.raises(openai.AuthenticationError) as wrong_key:
        create(server.client(api_key=f"ds_{'0' * 64}"))
    assert wrong_key.value.code == "invalid_api_key"
    assert wrong_key.value.request_id
    with pytest.raises(openai.PermissionDeniedError):
        create(server.client(api_key=server.key("read")))
    with pytest.raises(openai.BadRequestError) as wrong_field:
        create(server.client(), language="klingon")
    assert wrong_field.value.param == "language"
    with pytest.raises(openai.BadRequestError) as not_audio:
        create(server.client(), BAD)
    assert not_audio.value.code == "not_audio"
    with pytest.raises(openai.NotFoundError):
        server.client().chat.completions.create(model="gpt-4o", messages=[])


@pytest.mark.usefixtures("short_holds")
def test_a_client_waits_on_for_a_job_that_takes_too_long(
    watched: tuple[Server, list[Source]],
) -> None:
    server, uploaded = watched
    with pytest.raises(openai.InternalServerError) as held:
        server.client(max_retries=1).audio.transcriptions.create(file=SOUND, model=MODEL)
    (source,) = uploaded
    assert (held.value.status_code, held.value.code) == (504, "not_ended")
    assert held.value.request.headers["X-Stainless-Retry-Count"] == "1"
    assert held.value.response.headers["X-Dropscribe-Job"] == source.job_id
    assert f"/api/v1/jobs/{source.job_id}" in held.value.message


@pytest.mark.usefixtures("short_holds")
def test_a_request_that_would_not_be_recognised_is_not_to_be_sent_again(
    watched: tuple[Server, list[Source]],
) -> None:
    server, _ = watched
    headers = {"Authorization": f"Bearer {server.key()}"}
    url = f"{server.url}/v1/audio/transcriptions"
    held = httpx.post(url, headers=headers, files={"file": SOUND}, timeout=60)
    assert (held.status_code, held.headers["X-Should-Retry"]) == (504, "false")


@pytest.mark.usefixtures("short_holds")
def test_a_request_with_an_idempotency_key_waits_on(watched: tuple[Server, list[Source]]) -> None:
    server, uploaded = watched
    client = server.client(max_retries=1, default_headers={"Idempotency-Key": "1"})
    with pytest.raises(openai.InternalServerError) as held:
        client.audio.transcriptions.create(file=SOUND, model=MODEL)
    assert held.value.response.headers["X-Should-Retry"] == "true"
    assert held.value.request.headers["X-Stainless-Retry-Count"] == "1"
    assert len(uploaded) == 1
    begin(server.stores, uploaded[0])
    end(server.stores, uploaded[0])
    assert client.audio.transcriptions.create(file=SOUND, model=MODEL).text == TEXT


def test_a_request_that_the_client_sends_again_by_itself_makes_no_second_job(
    watched: tuple[Server, list[Source]],
) -> None:
    server, uploaded = watched
    client = server.client()
    hasty = client.with_options(timeout=0.5, max_retries=2)
    with pytest.raises(openai.APITimeoutError):
        hasty.audio.transcriptions.create(file=SOUND, model=MODEL)
    until(lambda: len(uploaded) > 0)
    (source,) = uploaded
    begin(server.stores, source)
    end(server.stores, source)
    raw = client.audio.transcriptions.with_raw_response.create(
        file=SOUND, model=MODEL, extra_headers={"X-Stainless-Retry-Count": "1"}
    )
    assert raw.headers["X-Dropscribe-Job"] == source.job_id
    with pytest.raises(openai.APITimeoutError):
        hasty.audio.transcriptions.create(file=SOUND, model=MODEL, language="en")
    until(lambda: len(uploaded) > 1)
    assert len(uploaded) == 2


def test_a_client_that_goes_away_leaves_the_job(watched: tuple[Server, list[Source]]) -> None:
    server, uploaded = watched
    client = server.client(timeout=0.5, max_retries=0)
    with pytest.raises(openai.APITimeoutError):
        client.audio.transcriptions.create(file=SOUND, model=MODEL)
    until(lambda: len(uploaded) == 1 and not server.watch.watched)
    job = server.stores.jobs.find(uploaded[0].job_id)
    assert job is not None and job.state == "queued"


def test_a_key_holds_only_so_many_requests(
    watched: tuple[Server, list[Source]], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, uploaded = watched
    monkeypatch.setattr(server.app.state.limits, "streams", StreamLimit(1))
    client = server.client(max_retries=0)
    with client.audio.transcriptions.create(file=SOUND, model=MODEL, stream=True):
        with pytest.raises(openai.RateLimitError):
            client.audio.transcriptions.create(file=SOUND, model=MODEL)
        assert len(uploaded) == 1


# Streams


def test_text_comes_in_the_order_of_the_recording_as_its_parts_are_ready(
    watched: tuple[Server, list[Source]],
) -> None:
    server, uploaded = watched
    stream = server.client().audio.transcriptions.create(file=SOUND, model=MODEL, stream=True)
    assert stream.response.headers["Content-Type"].startswith("text/event-stream")
    (source,) = uploaded
    begin(server.stores, source)
    cut(server.stores, source, 3)
    align(server.stores, source, 1, "Two.")
    align(server.stores, source, 0, "One.")
    deltas = [next(stream), next(stream)]
    texts = [checked(TranscriptionTextDeltaEvent, event).delta for event in deltas]
    assert texts == ["One.", " Two."]
    align(server.stores, source, 2, "Three.")
    assert cast(Any, next(stream)).delta == " Three."
    end(server.stores, source)
    (last,) = stream
    assert checked(TranscriptionTextDoneEvent, last).text == TEXT


def test_a_further_run_of_a_job_repeats_no_text(watched: tuple[Server, list[Source]]) -> None:
    server, uploaded = watched
    stream = server.client().audio.transcriptions.create(file=SOUND, model=MODEL, stream=True)
    (source,) = uploaded
    begin(server.stores, source)
    cut(server.stores, source, 2)
    align(server.stores, source, 0, "One.")
    assert cast(Any, next(stream)).delta == "One."
    server.stores.jobs.finish(source.job_id, 1, "retryable")
    begin(server.stores, source, run=2)
    cut(server.stores, source, 2, run=2)
    align(server.stores, source, 0, "One.")
    align(server.stores, source, 1, "Two.")
    assert cast(Any, next(stream)).delta == " Two."
    end(server.stores, source, run=2)
    (last,) = stream
    assert checked(TranscriptionTextDoneEvent, last).text == TEXT


def test_a_stream_of_a_short_recording_has_its_text_once(server: Server) -> None:
    stream = server.client().audio.transcriptions.create(file=SOUND, model=MODEL, stream=True)
    delta, done = stream
    assert checked(TranscriptionTextDeltaEvent, delta).delta == TEXT
    assert checked(TranscriptionTextDoneEvent, done).text == TEXT


def test_a_stream_with_speakers_has_segments_at_its_end(server: Server) -> None:
    stream = server.client().audio.transcriptions.create(
        file=SOUND, model=MODEL, response_format="diarized_json", stream=True
    )
    *segments, done = stream
    found = [checked(TranscriptionTextSegmentEvent, segment) for segment in segments]
    assert [(one.speaker, one.text) for one in found] == [("A", FIRST), ("B", SECOND)]
    assert checked(TranscriptionTextDoneEvent, done).text == TEXT


def test_a_stream_of_a_job_that_fails_ends_with_an_error(server: Server) -> None:
    stream = server.client().audio.transcriptions.create(file=BAD, model=MODEL, stream=True)
    with pytest.raises(openai.APIError) as failed:
        list(stream)
    assert failed.value.code == "not_audio"


@pytest.mark.usefixtures("short_holds")
def test_a_stream_that_takes_too_long_ends_with_an_error(
    watched: tuple[Server, list[Source]],
) -> None:
    server, uploaded = watched
    stream = server.client().audio.transcriptions.create(file=SOUND, model=MODEL, stream=True)
    with pytest.raises(openai.APIError) as held:
        list(stream)
    assert held.value.code == "not_ended" and uploaded[0].job_id in held.value.message


def test_a_reader_that_goes_away_ends_its_stream(watched: tuple[Server, list[Source]]) -> None:
    server, uploaded = watched
    with server.client().audio.transcriptions.create(file=SOUND, model=MODEL, stream=True):
        until(lambda: server.watch.watched == {uploaded[0].job_id})
    until(lambda: not server.watch.watched)
