"""Translates exceptions of client libraries into the project's errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.model.errors import Transient


@contextmanager
def translate_errors(
    caught: tuple[type[Exception], ...],
    error: type[Transient],
    describe: Callable[[Exception], str],
) -> Iterator[None]:
    """Raises `error` instead of the `caught` exceptions of the block."""
    try:
        yield
    except caught as exception:
        raise error(describe(exception)) from exception
