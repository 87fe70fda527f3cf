"""Both clients follow a job to its end, over streams that break and without streams."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import pytest

from dropscribe import ApiError, JobProgress, JobView, PartWords, TimedOut
from dropscribe.event_parser import EventParser, ServerEvent
from dropscribe.following import MAX_SILENT_STREAMS
from tests.unit.dropscribe import bodies
from tests.unit.dropscribe.both_clients import Caller

PROGRESS = {"stages": [], "share": 0.5, "eta_seconds": None}


def event(name: str, data: Mapping[str, Any], id: str = "1-0") -> bytes:
    return f"id: {id}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()


def words(part: int) -> bytes:
    body: dict[str, Any] = {
        "run": 1,
        "part": part,
        "channel": None,
        "start": 0.0,
        "end": 9.0,
        "segments": [],
    }
    return event("job.segment", body, f"1-{part}")


RUNNING = event("job.state", bodies.job(state="running"))
DONE = event("job.done", bodies.job(state="done"), "1-f-end")


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that arrives in pieces, and then ends or breaks."""

    def __init__(self, *pieces: bytes, breaks: Exception | None = None) -> None:
        self._pieces = pieces
        self._breaks = breaks
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._pieces
        if self._breaks is not None:
            raise self._breaks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self:
            yield piece

    def close(self) -> None:
        self.is_closed = True

    async def aclose(self) -> None:
        self.is_closed = True


class Streams:
    """A server that answers with one stream after the other, and questions with a job."""

    def __init__(self, *streams: Pieces | httpx.Response | Exception, state: str = "done") -> None:
        self.streams = list(streams)
        self.state = state
        self.ids: list[str | None] = []
        """The Last-Event-ID of each request for a stream."""
        self.questions = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/events"):
            self.questions += 1
            return httpx.Response(200, json=bodies.job(state=self.state))
        self.ids.append(request.headers.get("Last-Event-ID"))
        answer = self.streams.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, stream=answer)


def follow(caller: Caller, server: Streams) -> list[Any]:
    news: list[Any] = caller.call(server, "follow", "j1", timeout=60)
    return news


def test_the_news_are_typed_and_end_with_the_job(caller: Caller) -> None:
    body = {"run": 1, "state": "running", "progress": PROGRESS}
    stream = Pieces(RUNNING, b": ping\n\n", event("job.progress", body), words(0), DONE, words(9))
    server = Streams(stream)
    news = follow(caller, server)
    assert [type(each) for each in news] == [JobView, JobProgress, PartWords, JobView]
    assert news[-1].state == "done"
    assert stream.is_closed
    assert server.questions == 0


@pytest.mark.parametrize("breaks", [None, httpx.ReadError("reset"), httpx.ReadTimeout("silence")])
def test_a_stream_that_ends_early_is_gone_on_with(caller: Caller, breaks: Exception | None) -> None:
    first = Pieces(RUNNING, words(0), words(1)[:20], breaks=breaks)
    server = Streams(first, Pieces(RUNNING, words(1), DONE))
    news = follow(caller, server)
    assert [each.part for each in news if isinstance(each, PartWords)] == [0, 1]
    assert server.ids == [None, "1-0"]
    assert server.questions == 0


def test_a_server_that_is_away_for_a_moment_is_asked_again(caller: Caller) -> None:
    server = Streams(bodies.problem(503), Pieces(RUNNING, DONE), state="running")
    news = follow(caller, server)
    assert [each.state for each in news] == ["running", "running", "done"]
    assert server.questions == 1


def test_where_no_stream_comes_through_the_job_is_asked_for(caller: Caller) -> None:
    """As behind a proxy that keeps the events back."""
    silences = [httpx.ReadTimeout("silence") for _ in range(MAX_SILENT_STREAMS)]
    server = Streams(*silences, state="running")

    def answer(request: httpx.Request) -> httpx.Response:
        if server.questions == 5:
            server.state = "done"
        return server(request)

    news: list[Any] = caller.call(answer, "follow", "j1", timeout=60)
    assert [each.state for each in news] == ["running"] * 5 + ["done"]
    assert len(server.ids) == MAX_SILENT_STREAMS


def test_a_server_without_streams_is_asked(caller: Caller) -> None:
    unknown = [bodies.problem(404, type="about:blank") for _ in range(MAX_SILENT_STREAMS)]
    assert [each.state for each in follow(caller, Streams(*unknown))] == ["done"]


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_that_does_not_pass_is_raised(caller: Caller, status: int) -> None:
    with pytest.raises(ApiError) as refusal:
        follow(caller, Streams(bodies.problem(status)))
    assert refusal.value.status == status


def test_a_job_that_does_not_end_in_time_is_left(caller: Caller) -> None:
    with pytest.raises(TimedOut):
        caller.call(Streams(Pieces(RUNNING)), "follow", "j1", timeout=-1)


def test_what_a_newer_server_adds_is_not_shown(caller: Caller) -> None:
    newer = event("job.chapter", {"title": "Chapter 1"})
    assert len(follow(caller, Streams(Pieces(RUNNING, newer, DONE)))) == 2


STREAM = (
    "\ufeff: hello\r\nid: 7\r\nevent: a\r\ndata: one\r\ndata:two\r\n\r\n"
    "event: empty\n\n"
    "data: naïve\rid\r\rdata: last\n\n"
    "data: not complete\n"
).encode()
EVENTS = [
    ServerEvent("a", "one\ntwo"),
    ServerEvent("message", "naïve"),
    ServerEvent("message", "last"),
]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_events_are_read_whatever_the_pieces_in_which_they_arrive(size: int) -> None:
    parser = EventParser()
    pieces = [STREAM[first : first + size] for first in range(0, len(STREAM), size)]
    events = [each for piece in pieces for each in parser.feed(piece)]
    assert events == EVENTS
    assert parser.last_id == ""  # an `id` without a value takes it back
