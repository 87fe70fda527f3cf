"""Clients that hold a connection: they send half of something, or a byte now and then, and wait."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from urllib.parse import urlsplit

PATIENCE = 60.0
"""Seconds after which a connection counts as one that is never closed."""
PAUSE = 0.1
"""Seconds between two bytes of a client that drips."""
REQUEST = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
REPEATS = 100
"""Requests for something large whose responses no buffer on the way holds."""
HALF_HEADER = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: a"
HALF_BODY = b"POST /api/v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n\r\n{"

Client = Callable[[socket.socket], bytes]
"""Holds a connection until the server closes it. Returns all that was answered."""


def connected(address: str) -> socket.socket:
    parts = urlsplit(address)
    connection = socket.create_connection((parts.hostname or "", parts.port or 0), PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def rest_of(connection: socket.socket) -> bytes:
    """Returns what arrives until the connection is closed. Raises TimeoutError if it is not."""
    connection.settimeout(PATIENCE)
    arrived = b""
    with suppress(ConnectionError):
        while part := connection.recv(1 << 16):
            arrived += part
    return arrived


def stops_after(*parts: bytes) -> Client:
    """Sends each part, waits for an answer after each but the last, and is then silent."""

    def hold(connection: socket.socket) -> bytes:
        *answered, last = parts
        arrived = b""
        for part in answered:
            connection.sendall(part)
            arrived += connection.recv(1 << 16)
        connection.sendall(last)
        return arrived + rest_of(connection)

    return hold


def drips_after(begin: bytes) -> Client:
    """Sends a begin, and then a byte now and then for as long as anybody listens."""

    def hold(connection: socket.socket) -> bytes:
        connection.sendall(begin)
        connection.settimeout(PAUSE)
        arrived = b""
        for _ in range(int(PATIENCE / PAUSE)):
            try:
                connection.sendall(b"a")
                part = connection.recv(1 << 16)
            except TimeoutError:
                continue
            except ConnectionError:
                return arrived
            if not part:
                return arrived
            arrived += part
        raise TimeoutError("the connection was never closed")

    return hold


@contextmanager
def held(address: str, large_path: str) -> Iterator[None]:
    """Holds connections for the block: one without a byte, those with half of something, and one
    whose responses are not read."""
    large = f"GET {large_path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    with ExitStack() as connections:
        for begin in (b"", HALF_HEADER, HALF_BODY, large * REPEATS):
            connection = connections.enter_context(connected(address))
            connection.sendall(begin)
        connection.recv(1, socket.MSG_PEEK)
        yield
