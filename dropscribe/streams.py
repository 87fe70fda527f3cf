"""The responses whose bodies a call receives in pieces, for both clients."""

from collections.abc import AsyncIterator, Iterator

import httpx


class Streams:
    """Responses of a `Client`, which are closed together."""

    def __init__(self) -> None:
        self._pieces: dict[httpx.Response, Iterator[bytes]] = {}

    def add(self, response: httpx.Response) -> None:
        self._pieces[response] = response.iter_bytes()

    def receive(self, response: httpx.Response) -> bytes:
        """Returns the next piece, which is empty at the end."""
        return next(self._pieces[response], b"")

    def close(self) -> None:
        for response in self._pieces:
            response.close()


class AsyncStreams:
    """Responses of an `AsyncClient`, which are closed together."""

    def __init__(self) -> None:
        self._pieces: dict[httpx.Response, AsyncIterator[bytes]] = {}

    def add(self, response: httpx.Response) -> None:
        self._pieces[response] = response.aiter_bytes()

    async def receive(self, response: httpx.Response) -> bytes:
        """Returns the next piece, which is empty at the end."""
        return await anext(self._pieces[response], b"")

    async def close(self) -> None:
        for response in self._pieces:
            await response.aclose()
