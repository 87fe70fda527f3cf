"""Looks host names up, within a time: the system's own call can take half a minute."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from functions.notify.deadline import Deadline
from shared.model.networks import Address

LOOKUPS = 128
"""Names that a process looks up at once. A call that hangs cannot be ended, so their number is
bounded. A try gives its call up after 15 seconds, and the system after about 30: so twice as many
as there are tries at once leave one free for each try, whatever names the others have."""

LookUp = Callable[[str], list[Address]]
"""Returns the addresses of a host name. Raises OSError if it has none."""


def system_addresses(host: str) -> list[Address]:
    """Returns the addresses that the system knows for a host, in the order of its preference."""
    answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    addresses = [ip_address(sockaddr[0]) for *_, sockaddr in answers]
    return list(dict.fromkeys(addresses))


class NameLookup:
    """Looks names up in threads of its own."""

    def __init__(self, look_up: LookUp = system_addresses) -> None:
        self._look_up = look_up
        self._threads = ThreadPoolExecutor(LOOKUPS, "name-lookup")

    def addresses(self, host: str, deadline: Deadline) -> list[Address]:
        """Returns the addresses of a host. Raises OSError, or TimeoutError after the deadline."""
        lookup = self._threads.submit(self._look_up, host)
        try:
            return lookup.result(deadline.remaining())
        finally:
            lookup.cancel()
