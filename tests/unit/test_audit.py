"""An audit that cannot reach the advisory service fails and says why."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.audit import silence


@contextmanager
def service(status: int, body: bytes) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (200, b'{"vulnerabilities": []}', None),
        (200, b'{"info": {}}', "tells of no vulnerabilities"),
        (200, b"<html>", "tells of no vulnerabilities"),
        (404, b"", "answers 404"),
    ],
)
def test_a_service_without_advisories_is_distinguished_from_one_that_has_them(
    status: int, body: bytes, why: str | None
) -> None:
    with service(status, body) as url:
        told = silence(url)
    assert told is None if why is None else why in str(told)


def test_a_machine_without_a_network_is_distinguished_too() -> None:
    with service(200, b"") as url:
        pass
    assert "cannot be reached" in str(silence(url))


def test_an_audit_that_reached_no_service_has_no_stack_trace() -> None:
    code = "import tests.audit as a; a.SERVICE = 'http://127.0.0.1:1'; a.main()"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True)
    assert done.returncode == 2
    assert (
        done.stderr.startswith("No advisory service answers here: ")
        and len(done.stderr.splitlines()) == 1
    )
