"""An HTTP server for the runner's calls. It returns what it was sent, or what the path says.

/sleep/SECONDS waits, /status/CODE responds with the code, /flaky/KEY fails twice with 503,
/bytes/COUNT sends so many.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.attempts: Counter[str] = Counter()
        self.running: Counter[str] = Counter()
        self.most_running: Counter[str] = Counter()
        self.lock = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignores clients that were cancelled and have closed the connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Logs nothing."""

    def _reply(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        kind, _, value = self.path.partition("?")[0].strip("/").partition("/")
        sent = {
            "path": self.path,
            "method": self.command,
            "headers": dict(self.headers),
            "body": body,
        }
        code, content, content_type = 200, json.dumps(sent).encode(), "application/json"
        with self._counted(kind):
            if kind == "sleep":
                time.sleep(float(value))
            elif kind == "status":
                code = int(value)
            elif kind == "bytes":
                content, content_type = b"x" * int(value), "text/plain"
            elif kind == "problem":
                code, content_type = int(value), "application/problem+json"
            elif kind == "flaky":
                code, content = self._flaky(value)
        self._send(code, content, content_type)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _reply

    @contextmanager
    def _counted(self, kind: str) -> Iterator[None]:
        server = self.server
        with server.lock:
            server.running[kind] += 1
            server.most_running[kind] = max(server.most_running[kind], server.running[kind])
        yield
        with server.lock:
            server.running[kind] -= 1

    def _flaky(self, key: str) -> tuple[int, bytes]:
        with self.server.lock:
            self.server.attempts[key] += 1
            attempt = self.server.attempts[key]
        return (503 if attempt < 3 else 200), json.dumps({"n": attempt}).encode()

    def _send(self, code: int, content: bytes, content_type: str) -> None:
        self.send_response(code)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class EchoServer:
    def __init__(self, server: _Server) -> None:
        self._server = server
        self.url = f"http://127.0.0.1:{server.server_port}"

    def most_at_once(self, kind: str) -> int:
        """Returns the most requests of a kind that ran at the same time.

        The kind is the first part of the path.
        """
        return self._server.most_running[kind]


@contextmanager
def serve_echo() -> Iterator[EchoServer]:
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield EchoServer(server)
        finally:
            server.shutdown()
            thread.join(timeout=10)
