"""What stands around a service on Cloud Run: the metadata server, and a Cloud Storage that wants
its tokens."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

ACCOUNTS = "/computeMetadata/v1/instance/service-accounts"
ACCOUNT = f"{ACCOUNTS}/default"
EMAIL = "reconcile@project.iam.gserviceaccount.com"


@dataclass
class Metadata:
    """Gives out access tokens, each time another. `identity` signs an ID token for an audience."""

    issued: list[str] = field(default_factory=list)
    away: bool = False
    identity: Any = None

    def answer(self, path: str) -> tuple[int, str]:
        if self.away:
            return 503, "the metadata server is away"
        asked = urlsplit(path.replace(f"{ACCOUNTS}/{EMAIL}", ACCOUNT))
        if asked.path == f"{ACCOUNT}/token":
            self.issued.append(f"token-{len(self.issued) + 1}")
            return 200, json.dumps(
                {"access_token": self.issued[-1], "expires_in": 3599, "token_type": "Bearer"}
            )
        if asked.path == f"{ACCOUNT}/identity":
            return 200, self.identity(parse_qs(asked.query)["audience"][0])
        account = {
            "email": EMAIL,
            "aliases": ["default"],
            "scopes": ["https://www.googleapis.com/auth/cloud-platform"],
        }
        known = {f"{ACCOUNT}/": json.dumps(account), f"{ACCOUNT}/email": EMAIL, "/": ""}
        known |= {"/computeMetadata/v1/universe/universe-domain": "googleapis.com"}
        known |= {"/computeMetadata/v1/project/project-id": "dropscribe-test"}
        return (200, known[asked.path]) if asked.path in known else (404, "")


@contextmanager
def metadata_server(metadata: Metadata) -> Iterator[str]:
    """Its host:port, for GCE_METADATA_HOST and GCE_METADATA_IP."""

    class Handler(Quiet):
        def do_GET(self) -> None:
            status, text = metadata.answer(self.path)
            flavor = self.headers.get("Metadata-Flavor") == "Google"
            kind = "application/json" if text.startswith("{") else "text/plain"
            said = {"Metadata-Flavor": "Google", "Content-Type": kind}
            self.reply(status if flavor else 403, text.encode(), said)

    with served(Handler) as host:
        yield host


@dataclass
class Guard:
    """Lets requests with a good bearer token through to a bucket server, and answers the others
    with 401."""

    bucket: str
    good: set[str] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)


@contextmanager
def guarded(guard: Guard) -> Iterator[str]:
    """Its URL, for API_ENDPOINT_OVERRIDE."""

    class Handler(Quiet):
        def do_GET(self) -> None:
            scheme, _, token = self.headers.get("Authorization", "").partition(" ")
            guard.seen.append(token)
            if scheme != "Bearer" or token not in guard.good:
                return self.reply(
                    401, b'{"error": {"code": 401, "message": "Invalid Credentials"}}', {}
                )
            answer = httpx.get(f"{guard.bucket}{self.path}", timeout=30)
            return self.reply(
                answer.status_code, answer.content, {"Content-Type": answer.headers["content-type"]}
            )

    with served(Handler) as host:
        yield f"http://{host}"


class Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """It is quiet."""


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    class Server(ThreadingHTTPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
