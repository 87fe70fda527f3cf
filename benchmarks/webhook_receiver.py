"""A receiver of webhooks as its owner would write it: `python -m benchmarks.webhook_receiver`.

It accepts what the standardwebhooks library verifies, and notes it on disk before it answers, so
that what it has accepted survives its own kill. It refuses the rest, and notes that, too.
"""

import argparse
import json
import os
import time
from datetime import datetime, tzinfo
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import standardwebhooks.webhooks
from standardwebhooks import Webhook, WebhookVerificationError

from benchmarks import shifted_clock


class ShiftedTime(datetime):
    """The library's time, which is that of the other processes."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        return cls.fromtimestamp(shifted_clock.now(), tz)


class Receiver(ThreadingHTTPServer):
    """Verifies with a secret and notes in a file."""

    daemon_threads = True

    def __init__(self, port: int, secret: str, notes: Path) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.verifier = Webhook(secret)
        self.notes = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def note(self, **fields: Any) -> None:
        """Write a line, which is on disk when this returns."""
        line = json.dumps(fields) + "\n"
        os.write(self.notes, line.encode())
        os.fsync(self.notes)


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        body = self.rfile.read(size)
        is_signed = self.is_signed(body)
        event_id = self.headers["webhook-id"]
        self.server.note(event_id=event_id, is_signed=is_signed, time=time.time())
        self.send_response(HTTPStatus.NO_CONTENT if is_signed else HTTPStatus.UNAUTHORIZED)
        self.end_headers()

    def do_GET(self) -> None:
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    def is_signed(self, body: bytes) -> bool:
        """Returns whether the library verifies the request."""
        try:
            self.server.verifier.verify(body, dict(self.headers.items()))
        except WebhookVerificationError:
            return False
        return True

    def log_message(self, format: str, *args: Any) -> None:
        """What arrives is in the notes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--notes", type=Path, required=True)
    arguments = parser.parse_args()
    standardwebhooks.webhooks.datetime = ShiftedTime  # type: ignore[attr-defined]
    receiver = Receiver(arguments.port, arguments.secret, arguments.notes)
    receiver.serve_forever()


if __name__ == "__main__":
    main()
