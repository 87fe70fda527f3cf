"""Threads in which whole transcripts are read and drawn, few enough for the memory of an instance.

A transcript takes about ten times the bytes of its transcript.json while it is worked on: a process
that draws one of twelve hours has up to 464 MiB. benchmarks/documents.py measures it.
"""

from collections.abc import Callable
from typing import Annotated, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, Request

from functions.gateway.known_ids import KnownIds
from functions.gateway.per_application import per_application
from shared.model.errors import TooManyRequests

T = TypeVar("T")

LARGE_BYTES = 4 << 20
"""Size of a transcript.json from which on it is a large one: that of about one and a half hours."""
LARGE_AT_ONCE = 1
SMALL_AT_ONCE = 4
MAX_WAITING = 20
"""Requests that wait for a thread before further ones are refused."""
PAUSE = 10
"""Seconds after which a request that was refused may be repeated."""


class BoundedThreads:
    """So many threads, and the requests that have one or wait for one."""

    def __init__(self, threads: int) -> None:
        self._limiter = CapacityLimiter(threads)
        self._free = threads + MAX_WAITING

    async def run(self, function: Callable[[], T]) -> T:
        """Returns what a function returns. Raises TooManyRequests if many requests wait already."""
        if not self._free:
            raise TooManyRequests("Many transcripts of this length are being drawn.", PAUSE)
        self._free -= 1
        try:
            return await run_sync(function, limiter=self._limiter)
        finally:
            self._free += 1


class TranscriptThreads:
    """The threads of one application."""

    def __init__(self) -> None:
        self.known_ids = KnownIds()
        self._large = BoundedThreads(LARGE_AT_ONCE)
        self._small = BoundedThreads(SMALL_AT_ONCE)

    async def run(self, size: int, function: Callable[[], T]) -> T:
        """Returns what a function returns that works on a transcript.json of so many bytes.

        Raises TooManyRequests.
        """
        threads = self._large if size >= LARGE_BYTES else self._small
        return await threads.run(function)


def transcript_threads(request: Request) -> TranscriptThreads:
    """Returns the threads of the application, which makes them at its first request."""
    return per_application(request, "transcript_threads", TranscriptThreads)


InTranscriptThreads = Annotated[TranscriptThreads, Depends(transcript_threads)]
"""Type of a route's parameter that is the threads for transcripts."""
