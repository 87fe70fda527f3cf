"""A job's stream of events is bounded, ends with its job, key or client, and leaves nothing."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from fastapi import FastAPI

from functions.gateway import event_stream as module
from functions.gateway.app import create_app
from functions.gateway.credentials import COOKIE
from functions.gateway.deployment import deployment
from functions.gateway.job_watch import JobWatch, job_watch
from functions.gateway.limits import Limits
from shared.jobs.key_store import digest_of
from shared.model.api import JobView
from shared.model.contracts import Source
from shared.model.live import JobProgress, PartWords
from shared.settings import settings
from tests.support.event_streams import EventStream, event_stream
from tests.support.gateway import key_headers, memory_deployment
from tests.support.gateway_jobs import begin, done_job, fail, finish, upload
from tests.support.live_jobs import align, cut_job

ENDING = "_shutdown_watcher|_look_while_used"
"""Tasks that end by themselves soon after the last stream, or with the process."""


class Streams:
    """A gateway that looks at jobs all the time."""

    def __init__(self) -> None:
        self.stores = memory_deployment()
        self.jobs = JobWatch(interval=0.001)
        self.app: FastAPI = create_app()
        self.app.dependency_overrides[deployment] = lambda: self.stores
        self.app.dependency_overrides[job_watch] = lambda: self.jobs
        self.headers = key_headers(self.stores)

    def open(
        self, source: Source, last_event_id: str = "", headers: dict[str, str] | None = None
    ) -> AbstractAsyncContextManager[EventStream]:
        path = f"/api/v1/jobs/{source.job_id}/events"
        sent = dict(headers or self.headers)
        if last_event_id:
            sent["Last-Event-ID"] = last_event_id
        return event_stream(self.app, path, sent)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[tuple[Source, EventStream]]:
        """Gives a job that is running and a stream that has sent its state."""
        source = cut_job(self.stores, 2)
        async with self.open(source) as stream:
            assert await stream.event() is not None
            yield source, stream

    def assert_nothing_is_left(self) -> None:
        assert self.jobs.watched == frozenset()
        assert not self.app.state.limits.streams._streams


@pytest.fixture
def streams() -> Streams:
    return Streams()


def run(test: Callable[[], Awaitable[None]]) -> None:
    """Runs a test that is stuck if an event does not come. No task may be left at its end."""

    async def alone() -> None:
        before = asyncio.all_tasks()
        await asyncio.wait_for(test(), timeout=60)
        await asyncio.sleep(0)
        left = [repr(task) for task in asyncio.all_tasks() - before]
        assert [task for task in left if not re.search(ENDING, task)] == []

    asyncio.run(alone())


def test_a_job_is_followed_to_its_end(streams: Streams) -> None:
    async def test() -> None:
        source = cut_job(streams.stores, 1)
        async with streams.open(source) as stream:
            assert stream.status == 200
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["cache-control"] == "no-store"
            assert stream.headers["x-accel-buffering"] == "no"
            first = await stream.event()
            align(streams.stores, source, 0)
            finish(streams.stores, source)
            rest = await stream.rest()
        assert first is not None
        assert (first.name, first.id, first.retry) == ("job.state", "1-0", "3000")
        assert JobView.model_validate(first.data).state == "running"
        names = [event.name for event in rest]
        assert names.count("job.segment") == 1 and names[-1] == "job.done"
        assert {event.retry for event in rest} == {""}
        (words,) = [event for event in rest if event.name == "job.segment"]
        assert (words.id, PartWords.model_validate(words.data).part) == ("1-1", 0)
        assert rest[-1].id == "1-1-end"
        assert JobView.model_validate(rest[-1].data).state == "done"
        streams.assert_nothing_is_left()

    run(test)


def test_progress_is_short_and_a_new_state_is_whole(streams: Streams) -> None:
    async def test() -> None:
        source = upload(streams.stores)
        streams.stores.jobs.queue(source, 1, "execution-of-run-1")
        async with streams.open(source) as stream:
            queued = await stream.event()
            begin(streams.stores, source)
            running = await stream.event()
            streams.stores.jobs.record_parts(source.job_id, 1, chunks=4, spans=1)
            progress = await stream.event()
            fail(streams.stores, source)
            failed = await stream.event()
            assert await stream.event() is None
        assert queued and running and progress and failed
        assert (queued.name, queued.data["state"]) == ("job.state", "queued")
        assert (running.name, running.data["state"]) == ("job.state", "running")
        assert progress.name == "job.progress"
        stages = JobProgress.model_validate(progress.data).progress.stages
        assert {stage.of for stage in stages if stage.stage == "align"} == {4}
        assert failed.name == "job.failed" and failed.data["problem"]["status"] == 415

    run(test)


def test_a_job_that_has_ended_is_its_state_and_its_end(streams: Streams) -> None:
    async def test() -> None:
        source = cut_job(streams.stores, 1)
        align(streams.stores, source, 0)
        finish(streams.stores, source)
        async with streams.open(source) as stream:
            assert [event.name for event in await stream.rest()] == ["job.state", "job.done"]

    run(test)


def test_a_client_that_was_away_at_the_end_gets_the_words_that_it_lacks(streams: Streams) -> None:
    async def test() -> None:
        source = cut_job(streams.stores, 2)
        align(streams.stores, source, 0)
        async with streams.open(source) as stream:
            await stream.event()
            words = await stream.event()
        assert words is not None
        align(streams.stores, source, 1)
        finish(streams.stores, source)
        async with streams.open(source, words.id) as stream:
            rest = await stream.rest()
        assert [event.name for event in rest] == ["job.state", "job.segment", "job.done"]
        assert rest[1].data["part"] == 1

    run(test)


def test_a_client_that_has_the_end_need_not_connect_again(streams: Streams) -> None:
    async def test() -> None:
        source = done_job(streams.stores)
        async with streams.open(source) as stream:
            *_, last = await stream.rest()
        async with streams.open(source, last.id) as stream:
            assert stream.status == 204
        streams.stores.operations.redrive(source.job_id, None)
        async with streams.open(source, last.id) as stream:
            assert stream.status == 200

    run(test)


def test_a_quiet_stream_has_comments(streams: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    assert module.PING_SECONDS == 15
    monkeypatch.setattr(module, "PING_SECONDS", 0.01)

    async def test() -> None:
        async with streams.running() as (_, stream):
            assert await stream.comment() == "ping"
            assert await stream.comment() == "ping"

    run(test)


@pytest.fixture
def short_streams(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DROPSCRIBE_STREAM_SECONDS", "0.2")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("short_streams")
def test_a_stream_has_a_longest_time_after_which_its_client_goes_on(streams: Streams) -> None:
    async def test() -> None:
        source = cut_job(streams.stores, 2)
        align(streams.stores, source, 0)
        async with streams.open(source) as stream:
            first = await stream.rest()
        assert first[0].name == "job.state"
        assert "job.done" not in {event.name for event in first}
        streams.assert_nothing_is_left()
        align(streams.stores, source, 1)
        finish(streams.stores, source)
        async with streams.open(source, first[-1].id) as stream:
            second = await stream.rest()
        parts = [event.data["part"] for event in first + second if event.name == "job.segment"]
        assert sorted(parts) == [0, 1]
        assert second[-1].name == "job.done"

    run(test)


def test_a_revoked_key_ends_its_streams_and_no_others(streams: Streams) -> None:
    async def test() -> None:
        key, secret = streams.stores.keys.create("other", ("read",), "", None)
        other = {"X-API-Key": secret}
        async with streams.running() as (source, stream):
            async with (
                streams.open(source, headers=other) as first,
                streams.open(source, headers=other) as second,
            ):
                streams.stores.keys.revoke(key.key_id)
                for ended in (first, second):
                    names = {event.name for event in await ended.rest()}
                    assert names == {"job.state"}
            align(streams.stores, source, 0)
            assert await stream.event() is not None
        streams.assert_nothing_is_left()

    run(test)


def test_a_session_that_logs_out_ends_its_streams(streams: Streams) -> None:
    async def test() -> None:
        key, _ = streams.stores.keys.create("page", ("read",), "", None)
        session = streams.stores.keys.log_in(key)
        source = cut_job(streams.stores, 1)
        cookie = {"Cookie": f"{COOKIE}={session}"}
        async with streams.open(source, headers=cookie) as stream:
            assert await stream.event() is not None
            streams.stores.keys.log_out(digest_of(session))
            assert await stream.rest() == []

    run(test)


def test_an_erasure_ends_the_stream_and_the_next_one_is_refused(streams: Streams) -> None:
    async def test() -> None:
        async with streams.running() as (source, stream):
            streams.stores.operations.erase(source.bucket, source.name)
            assert await stream.rest() == []
        async with streams.open(source, "1-0") as stream:
            assert stream.status == 410

    run(test)


def test_a_job_of_another_folder_is_not_there_to_follow(streams: Streams) -> None:
    async def test() -> None:
        source = cut_job(streams.stores, 1, "team-a/call.wav")
        other = key_headers(streams.stores, folder="team-b/")
        async with streams.open(source, headers=other) as refused:
            assert refused.status == 404
        streams.assert_nothing_is_left()
        own = key_headers(streams.stores, folder="team-a/")
        async with streams.open(source, headers=own) as stream:
            assert stream.status == 200

    run(test)


def test_a_key_has_only_so_many_streams_at_once(streams: Streams) -> None:
    streams.app.state.limits = Limits(1000, streams_per_key=1)

    async def test() -> None:
        async with streams.running() as (source, stream):
            async with streams.open(source) as refused:
                assert refused.status == 429
                assert int(refused.headers["retry-after"]) > 0
            other = key_headers(streams.stores)
            async with streams.open(source, headers=other) as of_another_key:
                assert of_another_key.status == 200
            align(streams.stores, source, 0)
            assert await stream.event() is not None
        async with streams.open(source) as again:
            assert again.status == 200
        streams.assert_nothing_is_left()

    run(test)


def test_a_client_that_goes_away_leaves_nothing(streams: Streams) -> None:
    async def test() -> None:
        async with streams.running():
            assert len(streams.jobs.watched) == 1
        streams.assert_nothing_is_left()

    run(test)


def test_a_client_that_reads_nothing_is_dropped(
    streams: Streams, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "SEND_SECONDS", 0.05)
    caplog.set_level(logging.INFO)

    async def test() -> None:
        async with streams.running() as (source, stream), streams.open(source) as reading:
            stream.reads.clear()
            for part in (0, 1):
                align(streams.stores, source, part)
            assert await stream.rest() == []
            finish(streams.stores, source)
            parts = [
                event.data["part"] for event in await reading.rest() if event.name == "job.segment"
            ]
            assert sorted(parts) == [0, 1]
        streams.assert_nothing_is_left()

    run(test)
    dropped = [record for record in caplog.records if record.name == module.__name__]
    assert [record.levelname for record in dropped] == ["INFO"]
