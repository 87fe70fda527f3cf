"""The server that a client calls, and the requests to it."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from urllib.parse import urljoin, urlsplit

import httpx

from dropscribe.errors import NotUsable
from dropscribe.google_identity import identity_token, is_cloud_run
from shared import __version__

FORM_BYTES = 8 * 2**20
"""Size up to which a recording is usually sent in one request. A gateway on Google takes 32 MiB."""
CONNECT_SECONDS = 10.0
"""Seconds until there must be a connection."""
ANSWER_SECONDS = 60.0
"""Seconds between two parts of a request or of a response."""
IDENTITY_SECONDS = 2700.0
"""Seconds for which an identity token is used. Google's are valid for an hour."""
KEY = re.compile(r"[\x21-\x7e]+")
"""Characters that a key may have, as it is sent in a header."""
IDENTITY_HEADER = "X-Serverless-Authorization"
"""Header from which Cloud Run takes an identity token. It leaves `Authorization` to the service."""


@dataclass(frozen=True)
class Call:
    """A call of the API."""

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    file: tuple[str, bytes | BinaryIO] | None = None
    """Name and content of the file in the form. An open file is read while it is sent."""
    headers: Mapping[str, str] = field(default_factory=dict)
    is_stream: bool = False
    """Whether the body of the response is received in pieces, unless the call is refused."""
    is_repeatable: bool = False
    """Whether the server may get it twice."""
    seconds: float = ANSWER_SECONDS
    """Until the response must begin."""


@dataclass
class Server:
    """The server's address, and what a caller shows it."""

    url: str
    key: str | None = field(repr=False)
    fetch_identity: Callable[[str], str] = identity_token
    form_bytes: int = FORM_BYTES
    """Size up to which a recording is sent in one request."""
    identity: str | None = field(default=None, repr=False)
    """Google's identity token, once there is one."""
    identity_until: float = 0.0
    """Monotonic seconds after which another token is needed."""
    asks_for_identity: bool = False

    def __post_init__(self) -> None:
        self.url = checked_address(self.url)
        if self.key is not None and KEY.fullmatch(self.key) is None:
            raise NotUsable(
                "the key has a space, a line break or another character that no key has"
            )
        self.asks_for_identity = is_cloud_run(self.url)

    @property
    def is_encrypted(self) -> bool:
        """Returns whether a token sent to the server stays secret on the way."""
        return self.url.startswith("https:")

    @property
    def shown_url(self) -> str:
        """Returns the address for messages, without a user and a password."""
        address = httpx.URL(self.url).copy_with(userinfo=b"")
        return str(address).rstrip("/")

    def needs_identity(self) -> bool:
        return self.asks_for_identity and time.monotonic() > self.identity_until

    def renew_identity(self) -> None:
        """Fetches another identity token. Raises NoIdentity."""
        self.identity_until = time.monotonic() + IDENTITY_SECONDS
        self.identity = None
        self.identity = self.fetch_identity(self.url)

    def request(self, call: Call) -> httpx.Request:
        """Returns the request of a call."""
        headers = {"User-Agent": f"dropscribe/{__version__}", **call.headers}
        if self.key is not None:
            headers["X-API-Key"] = self.key
        if self.identity is not None:
            headers[IDENTITY_HEADER] = f"Bearer {self.identity}"
        files = None if call.file is None else {"file": call.file}
        return httpx.Request(
            call.method,
            urljoin(f"{self.url}/", call.path.lstrip("/")),
            params=dict(call.params) or None,
            headers=headers,
            json=call.json,
            data=None if call.form is None else dict(call.form),
            files=files,
            extensions=timeouts(call.seconds),
        )


def checked_address(url: str) -> str:
    """Returns a server's address without a slash at its end. Raises NotUsable."""
    try:
        httpx.URL(url)  # refuses what cannot be called
        address = urlsplit(url)
        has_host = bool(address.hostname) and address.port != 0
    except (httpx.InvalidURL, ValueError) as error:
        raise NotUsable(f"the server's address cannot be read: {error}") from error
    if address.scheme not in ("http", "https") or not has_host:
        raise NotUsable("the server's address must begin with http:// or https:// and have a host")
    return url.rstrip("/")


def timeouts(seconds: float) -> dict[str, Any]:
    """Returns the timeouts of a request that takes so long to be answered, as httpx wants them."""
    timeout = httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, read=seconds)
    return {"timeout": timeout.as_dict()}
