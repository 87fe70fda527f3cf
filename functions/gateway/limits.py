"""Limits how many requests a caller makes in a minute, and how many streams it has at once.

The counts are those of one process: a deployment of three instances answers up to three times as
many.
"""

import ipaddress
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import Request

from shared.model.errors import TooManyRequests

WINDOW = 60.0
"""Seconds for which requests are counted together."""
MAX_CALLERS = 10_000
"""Callers that are counted at once, so that many addresses take no more memory than this."""
WRONG_KEYS = 60
"""Wrong keys in a minute after which an address may use only keys that this process knows."""
STREAM_PAUSE = 10
"""Seconds after which a caller with too many streams may try again."""
IPV6_NETWORK = 64
"""Length of the prefix that one customer of a provider has."""


@dataclass
class Window:
    """Requests of one caller since a moment."""

    begun: float
    count: int = 0


class RequestLimit:
    """At most `limit` requests of one caller in a minute. `clock` returns seconds that only
    rise."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._windows: OrderedDict[str, Window] = OrderedDict()

    def count(self, caller: str) -> None:
        """Count a request."""
        window = self._current(caller)
        if window is None:
            window = Window(self._clock())
            self._windows.pop(caller, None)
            self._windows[caller] = window
        window.count += 1
        while len(self._windows) > MAX_CALLERS:
            self._windows.popitem(last=False)

    def check(self, caller: str) -> None:
        """Raises TooManyRequests if the caller has made as many requests as it may."""
        window = self._current(caller) or Window(self._clock())
        if window.count < self._limit:
            return
        left = window.begun + WINDOW - self._clock()
        seconds = max(1, math.ceil(left))
        raise TooManyRequests(f"The limit is {self._limit} in a minute.", seconds)

    def _current(self, caller: str) -> Window | None:
        window = self._windows.get(caller)
        if window is None or self._clock() - window.begun >= WINDOW:
            return None
        return window


class StreamLimit:
    """At most `limit` streams of one caller at once."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._streams: Counter[str] = Counter()

    @contextmanager
    def held(self, caller: str) -> Iterator[None]:
        """Counts a stream while the block runs. Raises TooManyRequests if the caller has as many
        as it may."""
        if self._streams[caller] >= self._limit:
            raise TooManyRequests(f"The limit is {self._limit} streams at once.", STREAM_PAUSE)
        self._streams[caller] += 1
        try:
            yield
        finally:
            self._streams[caller] -= 1
            if not self._streams[caller]:
                del self._streams[caller]


class Limits:
    """The limits of one application."""

    def __init__(self, requests_per_minute: int, streams_per_key: int) -> None:
        self.requests = RequestLimit(requests_per_minute)
        """By key."""
        self.streams = StreamLimit(streams_per_key)
        """By key."""
        self.wrong_keys = RequestLimit(WRONG_KEYS)
        """By address."""


def limits_of(request: Request) -> Limits:
    limits: Limits = request.app.state.limits
    return limits


def address_of(request: Request) -> str:
    """Returns the address that a request came from: of IPv6, its network."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.version == 4:
        return host
    network = ipaddress.ip_network((address, IPV6_NETWORK), strict=False)
    return str(network)
