"""Sends a body to a receiver, and says what came of it in a status or a code."""

import ssl
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal, NamedTuple

import httpcore

from functions.notify.deadline import Deadline
from functions.notify.dialling import AddressRefused, CheckedBackend, NameUnknown
from functions.notify.name_lookup import NameLookup
from shared.model.networks import AllowedHosts
from shared.model.webhook_urls import WebhookUrl, checked_url

TRY_SECONDS = 15.0
"""Seconds that a try may take, from the look-up of the name to the end of the answer."""
MAX_ANSWER_BYTES = 64 * 1024
"""Bytes of an answer's body that are read, and forgotten, before the connection is closed."""

CUT_OFF = (
    TimeoutError,
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.RemoteProtocolError,
)
"""What is raised if an answer's body does not come to its end, or not in time."""


TryError = Literal[
    "status",
    "redirect",
    "gone",
    "timeout",
    "no_answer",
    "connection",
    "certificate",
    "tls",
    "name_unknown",
    "address_refused",
    "url_refused",
]
"""Why a try counts as failed. docs/webhooks.md explains each."""


class Answer(NamedTuple):
    """What came of a try."""

    status: int | None
    """That of the answer; None if there was none."""
    error: TryError | None
    """None if the try succeeded."""
    seconds: float


@dataclass(frozen=True)
class Sender:
    """Sends bodies by POST. Redirects are not followed, and no proxy is used."""

    allowed: AllowedHosts
    names: NameLookup = field(default_factory=NameLookup)
    certificates: ssl.SSLContext = field(default_factory=httpcore.default_ssl_context)
    """Checks certificates: by default with the authorities of certifi and of the machine, to which
    SSL_CERT_FILE can add."""
    try_seconds: float = TRY_SECONDS

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Returns what came of sending a body. Only an answer with a status 2xx is a success."""
        try:
            parts = checked_url(url, self.allowed)
        except ValueError:
            return Answer(None, "url_refused", 0.0)
        started = time.monotonic()
        try:
            status = self.status_of_post(parts, headers, body)
        except Exception as failure:
            error = error_of_failure(failure)
            return Answer(None, error, seconds_since(started))
        return Answer(status, error_of_status(status), seconds_since(started))

    def status_of_post(self, url: WebhookUrl, headers: Mapping[str, str], body: bytes) -> int:
        """Returns the status of the answer. How its body ends does not matter."""
        deadline = Deadline.within(self.try_seconds)
        backend = CheckedBackend(self.allowed, self.names, deadline)
        address = httpcore.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target)
        sent = {"Host": url.host_header, "Connection": "close", **headers}
        with (
            httpcore.HTTPConnection(
                address.origin, self.certificates, network_backend=backend
            ) as connection,
            connection.stream("POST", address, headers=list(sent.items()), content=body) as answer,
        ):
            read_some(answer)
            return answer.status


def seconds_since(started: float) -> float:
    """Returns the seconds since a time of the monotonic clock."""
    return round(time.monotonic() - started, 3)


def read_some(answer: httpcore.Response) -> None:
    """Read the body of an answer, so that its sender need not notice that it does not matter, up to
    a limit."""
    size = 0
    with suppress(*CUT_OFF):
        for chunk in answer.iter_stream():
            size += len(chunk)
            if size >= MAX_ANSWER_BYTES:
                return


def error_of_status(status: int) -> TryError | None:
    """Returns why an answer counts as a failure, or None if it is a success."""
    if 200 <= status < 300:
        return None
    if status == HTTPStatus.GONE:
        return "gone"
    if 300 <= status < 400:
        return "redirect"
    return "status"


def error_of_failure(failure: Exception) -> TryError:
    """Returns why there was no answer. Raises the exception again if it is a bug."""
    match failure:
        case AddressRefused():
            return "address_refused"
        case NameUnknown():
            return "name_unknown"
        case TimeoutError() | httpcore.TimeoutException():
            return "timeout"
        case httpcore.ConnectError():
            return error_of_connection(failure)
        case httpcore.NetworkError() | httpcore.RemoteProtocolError():
            return "no_answer"
    raise failure


def error_of_connection(failure: httpcore.ConnectError) -> TryError:
    """Returns why there was no connection."""
    cause = failure.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "certificate"
    if isinstance(cause, ssl.SSLError):
        return "tls"
    return "connection"
