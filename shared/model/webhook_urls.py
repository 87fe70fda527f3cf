"""URLs of webhooks: which may be registered, and the parts that a request to them is made of."""

import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from shared.model.networks import AllowedHosts, address_of

MAX_LENGTH = 2000
"""Characters of a URL."""
CHARACTERS = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")
"""Those of RFC 3986. No two programs agree about the meaning of others, such as a backslash."""
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
"""A part of a host name between dots, in lower case."""
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A last label that makes a name an address in an unusual form, such as 127.1 or 0x7f000001."""
MAX_HOST_LENGTH = 253
DEFAULT_PORTS = {"https": 443, "http": 80}
METADATA_NAMES = ("metadata", "metadata.goog", "metadata.google.internal", "instance-data")
"""Names of metadata services. Their addresses are refused as well, when they are dialled."""


class WebhookUrl(NamedTuple):
    """The parts of a URL."""

    scheme: str
    host: str
    """In lower case; an address of version 6 without brackets."""
    port: int
    target: str
    """Path and query, which may be secret."""

    @property
    def host_header(self) -> str:
        """Value of the header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_default = self.port == DEFAULT_PORTS[self.scheme]
        return host if is_default else f"{host}:{self.port}"


def checked_url(text: str, allowed: AllowedHosts) -> WebhookUrl:
    """Returns the parts of a URL to which webhooks may be sent.

    `allowed` are the hosts that need not be public and may be called without encryption. The
    addresses of a name are not looked up: they are checked at each delivery. Raises ValueError with
    the reason, in which the URL is not quoted.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a URL has at most {MAX_LENGTH} characters")
    if not CHARACTERS.fullmatch(text):
        raise ValueError("a URL has only the characters of RFC 3986; encode others with %")
    parts = split(text)
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("a URL begins with https://")
    if "@" in parts.netloc:
        raise ValueError("a URL has neither a user nor a password")
    if "%" in parts.netloc:
        raise ValueError("a host has neither encoded characters nor a zone")
    if "#" in text:
        raise ValueError("a URL has no fragment, which would not be sent")
    host = checked_host(parts, allowed)
    if parts.scheme == "http" and not allowed.has_host(host):
        raise ValueError(
            "a URL begins with https://; only hosts that are allowed to may have http://"
        )
    return WebhookUrl(parts.scheme, host, port_of(parts), target_of(parts))


def split(text: str) -> SplitResult:
    """Returns the parts of a URL. Raises ValueError."""
    try:
        return urlsplit(text)
    except ValueError:
        raise ValueError("what is in brackets is no address of version 6") from None


def checked_host(parts: SplitResult, allowed: AllowedHosts) -> str:
    """Returns the host of a URL. Raises ValueError unless it is an address or a name that may be
    called."""
    host = parts.hostname or ""
    address = address_of(host)
    if address is not None:
        is_bracketed = parts.netloc.startswith("[")
        if is_bracketed != (address.version == 6):
            raise ValueError("an address of version 6, and no other host, is in brackets")
        if allowed.refuses(address, host):
            raise ValueError("its address is not public")
        return host
    *_, last = labels = host.split(".")
    if len(host) > MAX_HOST_LENGTH or not all(map(LABEL.fullmatch, labels)):
        raise ValueError("it has no valid host name; write an international name as xn--")
    if NUMBER.fullmatch(last):
        raise ValueError("its host is an address in an unusual form")
    if host in METADATA_NAMES:
        raise ValueError("its host is a metadata service")
    if len(labels) == 1 and host not in allowed.names:
        raise ValueError("its host name has no domain")
    return host


def port_of(parts: SplitResult) -> int:
    """Returns the port of a URL. Raises ValueError."""
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port is None:
        return DEFAULT_PORTS[parts.scheme]
    if port == 0:
        raise ValueError("its port is not a number from 1 to 65535")
    return port


def target_of(parts: SplitResult) -> str:
    """Returns path and query as a request line has them."""
    path = parts.path or "/"
    return f"{path}?{parts.query}" if parts.query else path
