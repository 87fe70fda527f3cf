"""Connects to receivers, of which nothing is trusted: neither their names nor how fast they answer.

A name is looked up once for each connection. All its addresses are checked, and one of them is
dialled, so that a second look-up cannot lead elsewhere. The certificate is checked for the name.
All reads and writes of a connection have one deadline, so that a receiver that sends a byte now and
then gains no time.
"""

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpcore

from functions.notify.deadline import Deadline
from functions.notify.name_lookup import NameLookup
from shared.model.networks import Address, AllowedHosts

CONNECT_SECONDS = 4.0
"""Seconds in which an address must accept a connection before the next one is tried."""
MAX_ADDRESSES = 3
"""Addresses of a host that are dialled."""


class AddressRefused(Exception):
    """An address of the host may not be called."""


class NameUnknown(Exception):
    """The host's name has no address."""


@dataclass(frozen=True)
class CheckedBackend(httpcore.NetworkBackend):
    """Connections to allowed addresses, which all end by the deadline."""

    allowed: AllowedHosts
    names: NameLookup
    deadline: Deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Returns a connection to the first of the host's addresses that accepts one.

        Raises AddressRefused if any address may not be called, NameUnknown, TimeoutError or
        httpcore's errors.
        """
        addresses = self.checked_addresses(host)
        *others, last = addresses[:MAX_ADDRESSES]
        for address in others:
            try:
                return self.connect(address, port)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self.connect(last, port)

    def checked_addresses(self, host: str) -> list[Address]:
        """Returns all addresses of a host, at least one. Raises AddressRefused if one of them may
        not be called, or NameUnknown."""
        try:
            addresses = self.names.addresses(host, self.deadline)
        except TimeoutError:
            raise
        except OSError as error:
            raise NameUnknown from error
        if not addresses:
            raise NameUnknown
        if any(self.allowed.refuses(address, host) for address in addresses):
            raise AddressRefused
        return addresses

    def connect(self, address: Address, port: int) -> httpcore.NetworkStream:
        timeout = min(CONNECT_SECONDS, self.deadline.remaining())
        stream = httpcore.SyncBackend().connect_tcp(str(address), port, timeout)
        return DeadlineStream(stream, self.deadline)


@dataclass(frozen=True)
class DeadlineStream(httpcore.NetworkStream):
    """A connection whose every operation ends by the deadline."""

    stream: httpcore.NetworkStream
    deadline: Deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, self.deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, self.deadline.remaining())

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Returns the encrypted connection. The whole handshake ends by the deadline."""
        encrypted = self.stream.start_tls(ssl_context, server_hostname, self.deadline.remaining())
        return DeadlineStream(encrypted, self.deadline)

    def close(self) -> None:
        self.stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)
