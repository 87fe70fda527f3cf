"""Follows a job by its live events, and by questions where a stream does not come through."""

import time

import httpx

from dropscribe.calls import ENDED, job, read
from dropscribe.errors import ApiError, TimedOut, Unreachable
from dropscribe.event_parser import EventParser, ServerEvent
from dropscribe.exchange import exchange
from dropscribe.server import Call, Server
from dropscribe.steps import Pause, Steps, receive, show
from shared.model.api import JobView
from shared.model.api_paths import job_path
from shared.model.live import JobProgress, PartWords

JobNews = JobView | JobProgress | PartWords
"""What happened to a job: its state changed, it went on, or a part of its words is ready."""

SILENCE_SECONDS = 20.0
"""Seconds without data after which a stream is given up. The server sends something every 15
seconds."""
PAUSE_SECONDS = 1.0
"""Seconds until a stream that ended is opened again."""
QUESTION_SECONDS = 5.0
"""Seconds for which the server keeps a question that is asked in place of a stream."""
MAX_SILENT_STREAMS = 2
"""Streams in a row without an event after which only questions are asked: something in front of
the server may keep events back."""
FINAL_NAMES = tuple(f"job.{state}" for state in ENDED)
VIEW_NAMES = ("job.state", *FINAL_NAMES)
MAY_PASS = (429, 500, 502, 503, 504)
"""Statuses without which another try would make no sense."""
NO_STREAM = (404, 405)
"""Statuses of a server that has no streams, if their problem has no type."""
UNTYPED = "about:blank"


def follow(server: Server, job_id: str, timeout: float) -> Steps[None]:
    """Shows what happens to a job until it has ended. Raises TimedOut after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    parser = EventParser()
    silent = 0
    while True:
        has_news = False
        if silent < MAX_SILENT_STREAMS:
            has_news, is_over = yield from follow_stream(server, job_id, parser, deadline)
            if is_over:
                return
        silent = 0 if has_news else silent + 1
        if not has_news:
            view = yield from job(server, job_id, QUESTION_SECONDS)
            yield from show(view)
            if view.state in ENDED:
                return
        if time.monotonic() > deadline:
            raise TimedOut(f"the job {job_id} has not ended after {timeout:g} s; it goes on")
        yield Pause(PAUSE_SECONDS)


def follow_stream(
    server: Server, job_id: str, parser: EventParser, deadline: float
) -> Steps[tuple[bool, bool]]:
    """Shows the events of one stream. Returns whether there were any, and whether the last one was
    the end of the job.

    Raises ApiError if the server refuses it for a reason that does not pass.
    """
    headers = {"Last-Event-ID": parser.last_id} if parser.last_id else {}
    path = f"{job_path(job_id)}/events"
    call = Call("GET", path, headers=headers, seconds=SILENCE_SECONDS, is_stream=True)
    has_news = False
    try:
        response = yield from exchange(server, call)
        while piece := (yield from receive(response)):
            for event in parser.feed(piece):
                yield from show_event(event)
                has_news = True
                if event.name in FINAL_NAMES:
                    return True, True
            if time.monotonic() > deadline:
                break
    except ApiError as error:
        if not may_pass(error):
            raise
    except (Unreachable, httpx.TransportError):
        pass  # the next stream goes on where this one ended
    return has_news, False


def may_pass(error: ApiError) -> bool:
    """Returns whether a question may be answered though a stream was refused."""
    has_no_streams = error.status in NO_STREAM and error.problem.type == UNTYPED
    return error.status in MAY_PASS or has_no_streams


def show_event(event: ServerEvent) -> Steps[None]:
    """Shows an event. Those of a newer server that are not known are left out."""
    content = event.data.encode()
    if event.name == "job.progress":
        yield from show(read(JobProgress, content))
    elif event.name == "job.segment":
        yield from show(read(PartWords, content))
    elif event.name in VIEW_NAMES:
        yield from show(read(JobView, content))
