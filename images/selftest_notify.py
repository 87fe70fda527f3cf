"""Proves that notify delivers an event, signed, to a receiver in the same process."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import functions_framework
from standardwebhooks import Webhook

from shared.model.push import PushedMessage, PushRequest
from shared.model.webhooks import TEST_TYPE
from shared.runtime.wiring import key_store, webhook_store

EVENT_ID = "selftest"
NO_CONTENT = 204


class ReceivingServer(ThreadingHTTPServer):
    """Keeps what it receives: headers and body."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), ReceivingHandler)
        self.received: list[tuple[dict[str, str], bytes]] = []


class ReceivingHandler(BaseHTTPRequestHandler):
    """Answers each request with 204."""

    server: ReceivingServer

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        self.server.received.append((dict(self.headers), body))
        self.send_response(NO_CONTENT)
        self.end_headers()


@contextmanager
def receiver() -> Iterator[ReceivingServer]:
    """Runs a receiver on this machine."""
    with ReceivingServer() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def notify_works() -> bool:
    """Returns whether notify delivers an event whose signature is right."""
    app = functions_framework.create_app("main", "functions/notify/main.py")
    client = app.test_client()
    if client.get("/health").status_code != 200:
        sys.exit("notify: /health does not answer")
    with receiver() as server:
        webhook_id, secret = make_webhook(f"http://127.0.0.1:{server.server_port}/")
        response = client.post("/", data=push_of(webhook_id))
    sys.stdout.write(f"notify: {response.status_code} {response.text}\n")
    [(headers, body)] = server.received
    Webhook(secret).verify(body, headers)
    is_delivered = headers["webhook-id"] == EVENT_ID
    return is_delivered and response.status_code == NO_CONTENT


def make_webhook(url: str) -> tuple[str, str]:
    """Returns the id and the secret of a new webhook."""
    key, _ = key_store().create("selftest", ("read",), folder="", expires=None)
    store = webhook_store()
    webhook = store.create(url, "", (), "", key.key_id)
    [secret] = store.signing_secrets(webhook)
    return webhook.webhook_id, secret


def push_of(webhook_id: str) -> str:
    """Returns the body with which Pub/Sub pushes a test event for one webhook."""
    now = datetime.now(UTC)
    attributes = {
        "ce-id": EVENT_ID,
        "ce-type": TEST_TYPE,
        "ce-time": now.isoformat(),
        "ce-webhook": webhook_id,
    }
    message = PushedMessage(attributes=attributes, message_id="1", publish_time=now)
    return PushRequest(message=message, subscription="selftest").model_dump_json()
