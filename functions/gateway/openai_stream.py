"""A transcription as a stream of events, as OpenAI's clients read them."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from fastapi.concurrency import run_in_threadpool
from sse_starlette import EventSourceResponse, ServerSentEvent

from functions.gateway.access import Caller
from functions.gateway.deployment import Deployment
from functions.gateway.held_requests import ended_job, not_ended
from functions.gateway.live_events import LiveEvents, SegmentReady
from functions.gateway.openai_errors import error_body
from functions.gateway.openai_request import DIARIZED, AskedTranscription
from functions.gateway.problems import JOB_HEADER, JobFailed
from functions.gateway.stored_transcripts import read_transcript_of
from shared.jobs.job import Job
from shared.model.contracts import Problem, WireModel
from shared.model.live import PartWords
from shared.model.openai_api import TextDelta, TextDone
from shared.model.openai_transcript import diarized_segment, single_line
from shared.model.spacing import word_separator
from shared.model.transcript import Transcript
from shared.runtime.http import problem_of
from shared.settings import settings

PING_SECONDS = 15
"""Seconds between comments, by which proxies see that the connection is in use."""
STREAM_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",
}
"""They keep proxies from holding events back."""


class DeltaText:
    """The text of a stream so far. Parts become ready in any order, and are sent in their own."""

    def __init__(self) -> None:
        self._waiting: dict[int, PartWords] = {}
        self._next_part = 0
        self.has_text = False

    def add(self, words: PartWords) -> Iterator[TextDelta]:
        """Yields what follows the text so far, once all parts before it are there. A part that a
        later run of the job has again is left out."""
        self._waiting.setdefault(words.part, words)
        while self._next_part in self._waiting:
            part = self._waiting[self._next_part]
            self._next_part += 1
            yield from self._deltas(part)

    def _deltas(self, part: PartWords) -> Iterator[TextDelta]:
        for segment in part.segments:
            separator = word_separator(segment.language) if self.has_text else ""
            self.has_text = True
            yield TextDelta(delta=separator + segment.text)


def event_stream(
    asked: AskedTranscription,
    job: Job,
    caller: Caller,
    stores: Deployment,
    live: LiveEvents,
) -> EventSourceResponse:
    """Returns the response that streams a job's transcript while it is made."""
    events = guarded_events(asked, job, caller, stores, live)
    return EventSourceResponse(
        as_data(events),
        headers={**STREAM_HEADERS, JOB_HEADER: job.job_id},
        ping=PING_SECONDS,
        sep="\n",
    )


async def as_data(events: AsyncGenerator[WireModel]) -> AsyncGenerator[ServerSentEvent]:
    """Yields events as their JSON. They have no names: the body says what each is."""
    async with aclosing(events):
        async for event in events:
            yield ServerSentEvent(event.model_dump_json(exclude_none=True))


async def guarded_events(
    asked: AskedTranscription,
    job: Job,
    caller: Caller,
    stores: Deployment,
    live: LiveEvents,
) -> AsyncGenerator[WireModel]:
    """Yields the events of a job. The last one is an error if there is no transcript, since the
    status of the response was sent before."""
    seconds = settings().gateway.held_seconds
    try:
        async with asyncio.timeout(seconds):
            async with aclosing(transcript_events(asked, job, caller, stores, live)) as events:
                async for event in events:
                    yield event
    except TimeoutError:
        yield error_body(stream_problem(not_ended(job.job_id), job))
    except Exception as error:
        yield error_body(stream_problem(error, job))


def stream_problem(error: Exception, job: Job) -> Problem:
    """Returns the problem for which a stream ends."""
    if isinstance(error, JobFailed):
        return error.problem
    return problem_of(error, "gateway", job.job_id)


async def transcript_events(
    asked: AskedTranscription,
    job: Job,
    caller: Caller,
    stores: Deployment,
    live: LiveEvents,
) -> AsyncGenerator[WireModel]:
    """Yields what is said while parts of the recording become ready, and the whole text at the end.

    With diarized_json it is segments at the end, since speakers are known when all parts are.
    """
    text = DeltaText()
    async with aclosing(live.listen(job.job_id, stores)) as happenings:
        async for happening in happenings:
            if isinstance(happening, SegmentReady) and asked.response_format != DIARIZED:
                for delta in text.add(happening.words):
                    yield delta
    ended = await run_in_threadpool(ended_job, job.job_id, caller, stores)
    transcript = await run_in_threadpool(read_transcript_of, ended, stores.blobs)
    for event in last_events(asked, transcript, text):
        yield event


def last_events(
    asked: AskedTranscription, transcript: Transcript, text: DeltaText
) -> Iterator[WireModel]:
    """Yields the events that follow the end of a job."""
    whole_text = single_line(transcript)
    if asked.response_format == DIARIZED:
        yield from map(diarized_segment, transcript.segments)
    elif not text.has_text:
        yield TextDelta(delta=whole_text)
    yield TextDone(text=whole_text)
