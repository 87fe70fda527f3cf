"""The steps that a call of the API consists of.

A call is a generator that yields steps and is sent their results. `Client` and `AsyncClient` do the
steps in their own ways; everything else is written once, without input and output.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import httpx

T = TypeVar("T")


@dataclass(frozen=True)
class Send:
    """A request to send. Its result is the response, with its body."""

    request: httpx.Request


@dataclass(frozen=True)
class Pause:
    """A wait of so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Work:
    """A function that may block, such as one that reads a file. Its result is what it returns."""

    function: Callable[[], Any]


Step = Send | Pause | Work
Steps: TypeAlias = Generator[Step, Any, T]
"""A call that returns T. Exceptions of a step are thrown into it."""


def send(request: httpx.Request) -> Steps[httpx.Response]:
    """Returns the response to a request. Raises httpx.TransportError if there is none."""
    response = yield Send(request)
    assert isinstance(response, httpx.Response)
    return response


def work(function: Callable[[], T]) -> Steps[T]:
    """Returns what a function returns that may block."""
    result: T = yield Work(function)
    return result
