"""`python -m tests.chaos.receivers --port P --folder F`: receivers of webhooks, on one port.

`good` answers with 204. `flaky` answers the first request of each event with 500. `mortal` kills
the process at every fifth request, before it answers. What they receive is appended to the file of
their name in the folder before it is answered, one JSON object a line. An answer takes a while, in
which others can be killed.
"""

import argparse
import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ANSWER_SECONDS = 0.3
LIVES = 5
"""Requests of `mortal` that a process answers, and the one at which it dies."""


class Receivers(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, folder: Path) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.folder = folder
        self.seen: set[str] = set()
        """Ids of events that `flaky` has received."""


class Handler(BaseHTTPRequestHandler):
    server: Receivers

    def do_GET(self) -> None:
        self.answer(204)

    def do_POST(self) -> None:
        name = self.path.removeprefix("/")
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length).decode()
        headers = {key.lower(): value for key, value in self.headers.items()}
        note = {"time": time.time(), "headers": headers, "body": body}
        number = append(self.server.folder / name, json.dumps(note))
        if name == "mortal" and number % LIVES == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(ANSWER_SECONDS)
        event_id = headers["webhook-id"]
        is_refused = name == "flaky" and event_id not in self.server.seen
        self.server.seen.add(event_id)
        self.answer(500 if is_refused else 204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def append(file: Path, line: str) -> int:
    """Adds a line to a file. Returns the number of its lines."""
    with file.open("a+") as notes:
        notes.write(f"{line}\n")
        notes.flush()
        notes.seek(0)
        return sum(1 for _ in notes)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args(sys.argv[1:])
    Receivers(asked.port, asked.folder).serve_forever()


if __name__ == "__main__":
    main()
