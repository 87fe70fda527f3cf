"""A transcription as a stream of events, as OpenAI's clients read them."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from sse_starlette import ServerSentEvent

from functions.gateway.access import Caller, Transcriber
from functions.gateway.deployment import Deployment
from functions.gateway.event_stream import LINE_END, EventStream, timed_listener
from functions.gateway.held_requests import ended_job
from functions.gateway.job_watch import Listener
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


class DeltaText:
    """The text of a stream so far. Parts become ready in any order, and are sent in their own."""

    def __init__(self) -> None:
        self._waiting: dict[int, PartWords] = {}
        self._next_part = 0
        self.has_text = False

    def add(self, words: PartWords) -> Iterator[TextDelta]:
        """Yields what follows the text so far, once all parts before it are there. A part that a
        later run of the job has again is left out."""
        if words.part >= self._next_part:
            self._waiting[words.part] = words
        while self._next_part in self._waiting:
            part = self._waiting.pop(self._next_part)
            self._next_part += 1
            yield from self._deltas(part)

    def _deltas(self, part: PartWords) -> Iterator[TextDelta]:
        for segment in part.segments:
            separator = word_separator(segment.language) if self.has_text else ""
            self.has_text = True
            yield TextDelta(delta=separator + segment.text)


@dataclass(frozen=True)
class TextStream:
    """The stream of a job's transcript while it is made, until `listener` is ended."""

    asked: AskedTranscription
    job: Job
    caller: Caller
    stores: Deployment
    live: LiveEvents
    listener: Listener

    def response(self) -> EventStream:
        events = self._sent()
        headers = {JOB_HEADER: self.job.job_id}
        return EventStream(events, self.listener, headers)

    async def _sent(self) -> AsyncGenerator[ServerSentEvent]:
        """Yields the events as they are sent. They have no names: the body says what each is."""
        async with aclosing(self._guarded()) as events:
            async for event in events:
                data = event.model_dump_json(exclude_none=True)
                yield ServerSentEvent(data, sep=LINE_END)

    async def _guarded(self) -> AsyncGenerator[WireModel]:
        """Yields the events. The last one is an error if there is no transcript, since the status
        of the response was sent before."""
        try:
            async with aclosing(self._events()) as events:
                async for event in events:
                    yield event
        except Exception as error:
            yield error_body(stream_problem(error, self.job))

    async def _events(self) -> AsyncGenerator[WireModel]:
        """Yields what is said while parts of the recording become ready, and the whole text at the
        end.

        With diarized_json it is segments at the end: speakers are known when all parts are.
        """
        text = DeltaText()
        job_id = self.job.job_id
        listened = self.live.listen(job_id, self.stores, listener=self.listener)
        async with aclosing(listened) as happenings:
            async for happening in happenings:
                if isinstance(happening, SegmentReady) and self.asked.response_format != DIARIZED:
                    for delta in text.add(happening.words):
                        yield delta
        transcript = await run_in_threadpool(self._transcript)
        for event in last_events(self.asked, transcript, text):
            yield event

    def _transcript(self) -> Transcript:
        """Returns the transcript of the job. Raises the error for which there is none."""
        ended = ended_job(self.job.job_id, self.caller, self.stores)
        return read_transcript_of(ended, self.stores.blobs)


def stream_problem(error: Exception, job: Job) -> Problem:
    """Returns the problem for which a stream ends."""
    if isinstance(error, JobFailed):
        return error.problem
    return problem_of(error, "gateway", job.job_id)


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


async def held_listener(request: Request, caller: Transcriber) -> AsyncIterator[Listener]:
    """Gives a listener that is ended when the deployment holds the request no longer.

    Raises TooManyRequests if the key has as many streams and held requests as it may.
    """
    with timed_listener(request, caller, settings().gateway.held_seconds) as listener:
        yield listener


InHeldListener = Annotated[Listener, Depends(held_listener)]
"""Type of a route's parameter that is its listener, until the response is sent."""
