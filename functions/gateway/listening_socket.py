"""The socket at which the gateway is called."""

import socket

BACKLOG = 2048
"""Connections that wait to be accepted, as many as uvicorn has."""
UNREAD_MILLISECONDS = 60_000
"""After which a connection is ended whose client reads nothing of what was sent. Without this, it
would keep buffers of the kernel as long as the client stays connected."""


def listening_socket(
    host: str, port: int, unread_milliseconds: int = UNREAD_MILLISECONDS
) -> socket.socket:
    """Returns a socket that listens, and passes its options on to its connections."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends without delay only on sockets that name their protocol.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unread_milliseconds)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener
