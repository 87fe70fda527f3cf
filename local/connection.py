"""Which deployment a command calls, and what its refusals mean in plain words."""

import errno
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import click

from local.layout import Layout, layout

if TYPE_CHECKING:
    from dropscribe import ApiError, Client

SERVER_ERRORS = 500
"""Statuses from this one on are the server's fault."""
REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
NOT_OURS = "about:blank"
"""Type of the problem that the client makes of a response that is not the API's own."""


@dataclass(frozen=True)
class Gateway:
    """The HTTP API that the options --url and --key name. Without --url it is the one-machine
    cloud's."""

    url: str | None
    key: str | None = field(repr=False)
    on_google: bool = False
    """Whether the API is served on this machine instead, with the operator's own Google
    credentials."""

    @property
    def is_on_this_machine(self) -> bool:
        """Returns whether it is the one-machine cloud's. `dropscribe env` prints its URL."""
        if self.on_google:
            return False
        return self.url is None or self.url == local_url()

    @contextmanager
    def client(self) -> "Iterator[Client]":
        """Yields a client. Its failures, and those of files, become messages of the command."""
        from dropscribe import ApiError, Client, DropscribeError

        try:
            with self._served() as (url, key), Client(url, key) as client:
                yield client
        except ApiError as error:
            raise click.ClickException(in_plain_words(error)) from error
        except DropscribeError as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            raise click.ClickException(describe_os_error(error)) from error

    @contextmanager
    def _served(self) -> "Iterator[tuple[str, str | None]]":
        """Yields URL and key. Raises ClickException if there is nothing to call."""
        if not self.on_google:
            yield self._address()
            return
        from local.own_gateway import own_gateway

        with own_gateway() as address:
            yield address

    def _address(self) -> tuple[str, str | None]:
        """Returns URL and key. Raises ClickException if the one-machine cloud is not up."""
        from local.supervisor import supervisor_of

        if self.url is not None and not self.is_on_this_machine:
            return self.url, self.key
        here = layout()
        if supervisor_of(here) is None:
            raise click.ClickException("the one-machine cloud is not up: run `dropscribe up`")
        ports = here.ports()
        url = ports.url("gateway")
        key = self.key or stored_key(here)
        return url, key


def local_url() -> str | None:
    """Returns the address of the one-machine cloud, or None if it was never started."""
    here = layout()
    if not here.ports_file.exists():
        return None
    return here.ports().url("gateway")


def stored_key(home: Layout) -> str:
    """Returns the key that `dropscribe up` made. Raises ClickException if it cannot be read."""
    try:
        return home.key.read_text().strip()
    except OSError as error:
        raise click.ClickException(f"the key cannot be read: {error}") from error


def calls_api(function: Callable[..., None]) -> Callable[..., None]:
    """Adds the options --url, --key and --on-google to a command, which become its parameter
    `gateway`."""

    @click.option(
        "--url",
        envvar="DROPSCRIBE_URL",
        help="Address of a deployment. Default: DROPSCRIBE_URL, or else the one-machine cloud.",
    )
    @click.option(
        "--key",
        envvar="DROPSCRIBE_KEY",
        help="API key. Default: DROPSCRIBE_KEY, which other users of the machine do not see, or "
        "else that of the one-machine cloud.",
    )
    @click.option(
        "--on-google",
        is_flag=True,
        help="Act on the deployment of DROPSCRIBE_INBOX …, or else of Terraform's outputs, with "
        "your own Google credentials, without its API and a key.",
    )
    @functools.wraps(function)
    def command(url: str | None, key: str | None, on_google: bool, **parameters: Any) -> None:
        gateway = Gateway(url or None, key or None, on_google)
        function(gateway=gateway, **parameters)

    return command


def in_plain_words(error: "ApiError") -> str:
    """Returns what a refusal means for a person at the command line."""
    problem = error.problem.summary
    is_refused = error.status in REFUSALS
    if is_refused and error.problem.type == NOT_OURS:
        return f"the caller was refused before the API, perhaps by Google: {error.problem.title}"
    match error.status:
        case HTTPStatus.UNAUTHORIZED:
            return f"the server wants another key (--key or DROPSCRIBE_KEY): {problem}"
        case HTTPStatus.FORBIDDEN:
            return f"the key is not allowed to do this: {problem}"
        case HTTPStatus.NOT_FOUND:
            return f"it is not there, or the key may not see it: {problem}"
        case HTTPStatus.CONFLICT | HTTPStatus.UNPROCESSABLE_ENTITY:
            return error.problem.detail
        case HTTPStatus.TOO_MANY_REQUESTS:
            return f"the server is asked too often; try again {when(error)}"
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return f"the server cannot do this now; try again {when(error)}: {problem}"
    if error.status >= SERVER_ERRORS and error.request_id:
        return f"{problem} (request {error.request_id})"
    return problem


def when(error: "ApiError") -> str:
    """Returns when a call may be sent again, as text."""
    if error.retry_after is None:
        return "later"
    return f"in {error.retry_after:.0f} s"


def describe_os_error(error: OSError) -> str:
    """Returns the file and the reason of a failure."""
    if error.errno == errno.ENOSPC:
        return f"The disk is full: {error.filename or error.strerror}"
    reason = error.strerror or str(error)
    if error.filename is None:
        return reason
    return f"{error.filename}: {reason}"
