"""A health check tells an answer of ours from another program's, and from none."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from local import health
from local.cloud import answer_of
from local.errors import NotUp
from local.health import Answer, ask, make_client
from local.layout import Layout, Ports


class Handler(BaseHTTPRequestHandler):
    """Answers each health check with the server's status and body."""

    def do_GET(self) -> None:
        status, body = getattr(self.server, "answer")  # noqa: B009
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    """Yields the port of a server that answers so."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    setattr(server, "answer", (status, body))  # noqa: B010
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with make_client() as client:
        yield client


def body_of(name: str) -> bytes:
    return json.dumps({"status": "ok", "name": name}).encode()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, body_of("storage"), Answer.OURS),
        (200, body_of("align"), Answer.FOREIGN),
        (200, b"<html>a web server</html>", Answer.FOREIGN),
        (404, b"", Answer.FOREIGN),
        (200, b"[]", Answer.FOREIGN),
        (500, b"", Answer.NONE),
    ],
)
def test_only_an_answer_that_names_the_process_is_ours(
    client: httpx.Client, status: int, body: bytes, expected: Answer
) -> None:
    with answering(status, body) as port:
        ports = Ports(ports={"storage": port})
        assert ask(client, ports, "storage") is expected


def test_a_program_that_listens_and_says_nothing_is_busy(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "timeout", httpx.Timeout(0.2))
    with socket.create_server(("127.0.0.1", 0)) as server:
        ports = Ports(ports={"storage": server.getsockname()[1]})
        assert ask(client, ports, "storage") is Answer.BUSY
    assert ask(client, ports, "storage") is Answer.NONE


def test_another_program_on_the_port_of_a_process_is_named(
    client: httpx.Client, tmp_path: Path
) -> None:
    home = Layout(tmp_path)
    with answering(200, b"foreign") as port:
        stored = home.ports()
        home.store_ports(Ports(ports={**stored.ports, "align": port}))
        with pytest.raises(NotUp, match=f"port {port} of align is taken by"):
            answer_of(home, client, "align")


def test_the_gateway_is_asked_whether_it_lives_not_whether_it_is_ready() -> None:
    assert health.PATHS["gateway"] == "/health/live"
