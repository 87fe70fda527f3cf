"""HTTP/1.1 as uvicorn speaks it, without an alarm for clients that break its rules.

uvicorn answers what breaks the rules with 400, also where an answer has begun or the application
is about to give one. h11 refuses the second answer with an exception, which is logged as a bug.
"""

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

CAN_ANSWER = (h11.IDLE, h11.SEND_RESPONSE)
"""States of a connection in which no answer has begun."""


class HttpProtocol(H11Protocol):
    """A connection that has one answer for each request, whatever the client sends."""

    def send_400_response(self, msg: str) -> None:
        """Answers with 400 if no answer has begun, and closes the connection. For the application
        the client is gone."""
        if self.conn.our_state in CAN_ANSWER:
            super().send_400_response(msg)
        else:
            self.transport.close()
        if self.cycle is not None:
            self.cycle.disconnected = True
