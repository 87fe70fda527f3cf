"""HTTP/1.1 as uvicorn speaks it, with a time limit for clients, and without an alarm for those that
break its rules.

uvicorn limits only how long a connection is idle after a response. The first byte of a further
request ends that limit, and a new connection has none. So here a client that is to send something
has one deadline for all of it, which no byte prolongs.

uvicorn answers what breaks the rules with 400, also where an answer has begun or the application
is about to give one. h11 refuses the second answer with an exception, which is logged as a bug.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from shared.settings import settings

CAN_ANSWER = (h11.IDLE, h11.SEND_RESPONSE)
"""States of a connection in which no answer has begun."""
TOO_SLOW = h11.Response(
    status_code=408,
    headers=[("Connection", "close"), ("Content-Length", "0")],
    reason=b"Request Timeout",
)


class HttpProtocol(H11Protocol):
    """A connection that has one answer for each request, whatever the client sends, and that the
    client does not hold by sending nothing or half of a request."""

    header_deadline: asyncio.TimerHandle | None = None
    """Runs while the client owes a header or the rest of a body that was answered before its end.
    It does not run while the connection is idle after a response: that limit is uvicorn's."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._limit_client()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_answering():
            self._end_limit()
        else:
            self._limit_client()

    def on_response_complete(self) -> None:
        """Begins the limit if the client has sent half of a further request, or owes the rest of
        the answered one."""
        super().on_response_complete()
        unread, _ = self.conn.trailing_data
        is_idle = self.conn.their_state is h11.IDLE and not unread
        if not is_idle and not self._is_answering():
            self._limit_client()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._end_limit()

    def send_400_response(self, msg: str) -> None:
        """Answers with 400 if no answer has begun, and closes the connection. For the application
        the client is gone."""
        if self.conn.our_state in CAN_ANSWER:
            super().send_400_response(msg)
        else:
            self.transport.close()
        if self.cycle is not None:
            self.cycle.disconnected = True

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _limit_client(self) -> None:
        """Begins the limit unless it runs already."""
        if self.header_deadline is None and not self.transport.is_closing():
            seconds = settings().gateway.header_seconds
            self.header_deadline = self.loop.call_later(seconds, self._give_client_up)

    def _end_limit(self) -> None:
        if self.header_deadline is not None:
            self.header_deadline.cancel()
            self.header_deadline = None

    def _give_client_up(self) -> None:
        """Closes the connection. Half of a header is answered with 408."""
        if self.transport.is_closing():
            return
        unread, _ = self.conn.trailing_data
        if unread and self.conn.our_state is h11.IDLE:
            for event in (TOO_SLOW, h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
