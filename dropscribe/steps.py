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
    """A request to send. Its result is the response, with its body unless that is a stream."""

    request: httpx.Request
    is_stream: bool = False
    """Whether the body is received in pieces."""


@dataclass(frozen=True)
class Receive:
    """A piece of a response's body to wait for. Its result is empty at the body's end."""

    response: httpx.Response


@dataclass(frozen=True)
class Show:
    """Something for the caller, who iterates over what a call shows."""

    value: Any


@dataclass(frozen=True)
class Pause:
    """A wait of so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Work:
    """A function that may block, such as one that reads a file. Its result is what it returns."""

    function: Callable[[], Any]


Step = Send | Receive | Show | Pause | Work
Steps: TypeAlias = Generator[Step, Any, T]
"""A call that returns T. Exceptions of a step are thrown into it."""


def send(request: httpx.Request, *, is_stream: bool = False) -> Steps[httpx.Response]:
    """Returns the response to a request. Raises httpx.TransportError if there is none."""
    response = yield Send(request, is_stream)
    assert isinstance(response, httpx.Response)
    return response


def receive(response: httpx.Response) -> Steps[bytes]:
    """Returns the next piece of a stream, which is empty at its end. Raises httpx.TransportError if
    the connection breaks."""
    piece: bytes = yield Receive(response)
    return piece


def show(value: object) -> Steps[None]:
    """Shows something to the caller."""
    yield Show(value)


def work(function: Callable[[], T]) -> Steps[T]:
    """Returns what a function returns that may block."""
    result: T = yield Work(function)
    return result


def advance(steps: Steps[Any], result: Any, error: Exception | None) -> Step:
    """Gives a call the result of its last step, or why it failed. Returns the next step.

    Raises StopIteration, with what the call returns, at its end.
    """
    if error is not None:
        return steps.throw(error)
    return steps.send(result)
