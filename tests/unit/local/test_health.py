"""A health check tells an answer of ours from another program's, and from none."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from local import health
from local.errors import NotUp
from local.health import Answer, ask, make_client
from local.health_checks import FAILING_SECONDS, HealthChecks
from local.layout import Layout, Ports
from local.processes import IMAGES


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
        (500, b"", Answer.FAILING),
        (503, body_of("storage"), Answer.FAILING),
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


def with_port_of_align(home: Layout, port: int) -> Layout:
    stored = home.ports()
    home.store_ports(Ports(ports={**stored.ports, "align": port}))
    return home


@pytest.mark.parametrize(("status", "body"), [(200, b"foreign"), (503, b"foreign"), (500, b"")])
def test_another_program_on_the_port_of_a_process_is_named(
    client: httpx.Client, tmp_path: Path, status: int, body: bytes
) -> None:
    with answering(status, body) as port:
        home = with_port_of_align(Layout(tmp_path), port)
        checks = HealthChecks(home, client)
        with pytest.raises(NotUp, match=rf"port {port} of align is taken by .*{os.getpid()}"):
            checks.answer("align")


def test_a_process_that_is_not_well_has_some_seconds(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a container it does not look like a program of the cloud, and is not taken for another."""
    monkeypatch.setenv(IMAGES, json.dumps({"align": "registry/align"}))
    now = 100.0
    with answering(503, b"not yet") as port:
        home = with_port_of_align(Layout(tmp_path), port)
        checks = HealthChecks(home, client, clock=lambda: now)
        assert checks.answer("align") is Answer.FAILING
        now += FAILING_SECONDS - 1
        assert checks.answer("align") is Answer.FAILING
        now += 1
        with pytest.raises(NotUp, match="align answers its health check with a server error: "):
            checks.answer("align")
        now += 1
    assert checks.answer("align") is Answer.NONE
    with answering(503, b"again") as port:
        with_port_of_align(home, port)
        assert checks.answer("align") is Answer.FAILING, "the seconds count from the last failure"


def test_the_gateway_is_asked_whether_it_lives_not_whether_it_is_ready() -> None:
    assert health.PATHS["gateway"] == "/health/live"
