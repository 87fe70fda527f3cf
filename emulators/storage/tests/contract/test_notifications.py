"""Notifications of new objects are delivered at least once despite failures on either side."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from google.cloud import storage

from emulators.storage.tests.contract.uploading import UPLOADS, write
from emulators.storage.tests.server import WATCHED, BucketServer, bucket_server, free_port

PATIENCE = 30.0  # seconds


class Receiver:
    """Receives events and responds to each as `respond` says."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.events: list[dict[str, Any]] = []
        self.respond: Callable[[dict[str, Any]], int] = lambda event: 204

    @contextmanager
    def listening(self) -> Iterator[None]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                receiver.events.append(event)
                self.send_response(receiver.respond(event))
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", self.port), Handler) as http:
            thread = threading.Thread(target=http.serve_forever)
            thread.start()
            try:
                yield
            finally:
                http.shutdown()
                thread.join()

    def names(self) -> list[str]:
        return [event["object"]["name"] for event in self.events]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver(free_port())


@pytest.fixture
def server(tmp_path: Path, receiver: Receiver) -> Iterator[BucketServer]:
    with bucket_server(tmp_path / "data", notify=f"http://127.0.0.1:{receiver.port}/") as server:
        yield server


@pytest.fixture
def client(server: BucketServer) -> Iterator[storage.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def bucket(client: storage.Client) -> storage.Bucket:
    return client.create_bucket(WATCHED)


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def pending(server: BucketServer) -> int:
    return int(httpx.get(f"{server.url}/notifications/pending").json()["pending"])


def test_a_new_object_is_announced_as_it_is(
    server: BucketServer, bucket: storage.Bucket, receiver: Receiver
) -> None:
    with receiver.listening():
        blob = write(bucket, "a/ü.wav", b"data", content_type="audio/wav")
        eventually(lambda: pending(server) == 0)
    (event,) = receiver.events
    assert (event["eventType"], event["eventId"]) == ("OBJECT_FINALIZE", str(blob.generation))
    assert event["object"] == blob._properties
    assert event["time"] == event["object"]["timeCreated"]


def test_every_way_to_make_an_object_is_announced(
    server: BucketServer, bucket: storage.Bucket, receiver: Receiver
) -> None:
    with receiver.listening():
        for way, upload in UPLOADS.items():
            upload(bucket.blob(way), b"x")
        source = bucket.blob("multipart")
        bucket.copy_blob(source, bucket, "copy")
        bucket.blob("rewrite").rewrite(source)
        bucket.blob("compose").compose([source])
        httpx.put(f"{server.url}/{bucket.name}/signed", content=b"x").raise_for_status()
        eventually(lambda: pending(server) == 0)
    assert sorted(receiver.names()) == [
        "compose",
        "copy",
        "multipart",
        "resumable",
        "rewrite",
        "signed",
    ]


def test_only_a_new_object_is_announced(
    server: BucketServer, bucket: storage.Bucket, receiver: Receiver
) -> None:
    with receiver.listening():
        blob = write(bucket, "a")
        blob.metadata = {"k": "v"}
        blob.patch()
        blob.delete()
        write(bucket, "last")
        eventually(lambda: pending(server) == 0)
    assert receiver.names() == ["a", "last"]


def test_events_wait_for_a_receiver_that_is_away(
    server: BucketServer, bucket: storage.Bucket, receiver: Receiver
) -> None:
    write(bucket, "a")
    write(bucket, "b")
    assert pending(server) == 2
    with receiver.listening():
        eventually(lambda: pending(server) == 0)
    assert sorted(set(receiver.names())) == ["a", "b"]


def test_events_outlive_a_crash(
    server: BucketServer, bucket: storage.Bucket, receiver: Receiver
) -> None:
    write(bucket, "a")
    server.crash()
    with receiver.listening():
        server.start()
        eventually(lambda: pending(server) == 0)
    assert receiver.names() == ["a"]


def test_a_refused_event_is_sent_again(
    server: BucketServer, bucket: storage.Bucket, receiver: Receiver
) -> None:
    answers = iter([503, 404, 302, 200])
    receiver.respond = lambda event: next(answers)
    with receiver.listening():
        write(bucket, "a")
        eventually(lambda: pending(server) == 0)
    assert receiver.names() == ["a"] * 4
    assert len({event["eventId"] for event in receiver.events}) == 1


def test_a_receiver_that_hangs_on_one_event_blocks_nothing_else(
    server: BucketServer, bucket: storage.Bucket, receiver: Receiver
) -> None:
    release = threading.Event()

    def hang(event: dict[str, Any]) -> int:
        if event["object"]["name"] == "slow":
            release.wait(PATIENCE)
        return 200

    receiver.respond = hang
    with receiver.listening():
        write(bucket, "slow")
        eventually(lambda: "slow" in receiver.names())
        for number in range(10):
            write(bucket, str(number))
        eventually(lambda: pending(server) == 1)
        release.set()
        eventually(lambda: pending(server) == 0)
    assert sorted(receiver.names()) == sorted(["slow", *map(str, range(10))])


def test_only_objects_of_a_watched_bucket_are_notified(
    client: storage.Client, bucket: storage.Bucket, server: BucketServer, receiver: Receiver
) -> None:
    with receiver.listening():
        write(client.create_bucket("another"), "quiet", b"x")
        write(bucket, "new", b"x")
        eventually(lambda: pending(server) == 0)
    assert receiver.names() == ["new"]
