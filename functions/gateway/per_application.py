"""What all requests of an application share, made at the first request that needs it."""

from collections.abc import Callable
from typing import TypeVar

from fastapi import Request

T = TypeVar("T")


def per_application(request: Request, name: str, make: Callable[[], T]) -> T:
    """Returns the application's object of this name. The first call makes it."""
    state = request.app.state
    if not hasattr(state, name):
        setattr(state, name, make())
    found: T = getattr(state, name)
    return found
