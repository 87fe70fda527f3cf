"""A connection whose client reads nothing is ended by the kernel, with all that was to be sent."""

import errno
import select
import socket

from functions.gateway.listening_socket import UNREAD_MILLISECONDS, listening_socket

WAIT_MILLISECONDS = 60_000


def fill(connection: socket.socket) -> None:
    """Sends until nothing more fits into the buffers of both sides."""
    connection.setblocking(False)
    try:
        while True:
            connection.send(bytes(1 << 16))
    except BlockingIOError:
        return


def test_a_connection_whose_client_reads_nothing_is_ended() -> None:
    with (
        listening_socket("127.0.0.1", 0, unread_milliseconds=500) as listener,
        socket.create_connection(listener.getsockname()[:2]),
    ):
        connection, _ = listener.accept()
        with connection:
            fill(connection)
            ends = select.poll()
            ends.register(connection, select.POLLERR)
            assert ends.poll(WAIT_MILLISECONDS)
            error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            assert error == errno.ETIMEDOUT


def test_the_gateways_connections_have_the_time_and_no_delay() -> None:
    with (
        listening_socket("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()[:2]),
    ):
        connection, _ = listener.accept()
        with connection:
            option = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
            assert option == UNREAD_MILLISECONDS
            assert connection.proto == socket.IPPROTO_TCP  # so that asyncio sends without delay
