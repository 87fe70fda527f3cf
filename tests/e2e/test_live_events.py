"""A listener misses no words and no end if the instance that it listens to is stopped or killed."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators.storage.tests.server import bucket_server
from functions.gateway.deployment import Deployment
from local.layout import INBOX, WORK
from shared.adapters.gcs import GcsBlobs
from shared.adapters.sqlite import SqliteDocuments
from shared.model.contracts import Source
from tests.support.function import Function, function
from tests.support.gateway import key_headers, memory_deployment
from tests.support.live_jobs import align, cut_job

TIMEOUT = 60
"""Seconds."""


@dataclass
class Instances:
    """Gateway processes of one deployment, and its stores."""

    stores: Deployment
    environment: dict[str, str]
    folder: Path
    headers: dict[str, str]

    def started(self, name: str) -> Any:
        folder = self.folder / name
        folder.mkdir()
        return function("gateway", self.environment, folder)


@pytest.fixture
def instances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instances]:
    database = tmp_path / "jobs.sqlite"
    with bucket_server(tmp_path / "buckets") as server, server.client() as client:
        for bucket in (INBOX, WORK):
            client.create_bucket(bucket)
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "dropscribe-test")
        stores = memory_deployment(SqliteDocuments(database))
        environment = {
            "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.sqlite:SqliteDocuments",
            "DROPSCRIBE_JOB_DATABASE": str(database),
            "DROPSCRIBE_EXECUTIONS": "tests.support.gateway:MemoryExecutions",
        }
        yield Instances(
            replace(stores, blobs=GcsBlobs()), environment, tmp_path, key_headers(stores)
        )


@contextmanager
def listening(
    instance: Function, source: Source, headers: dict[str, str]
) -> Iterator[Iterator[dict[str, Any]]]:
    """Gives the events of a job, each with its name, id and data."""
    url = f"{instance.url}/api/v1/jobs/{source.job_id}/events"
    with httpx.stream("GET", url, headers=headers, timeout=TIMEOUT) as answer:
        assert answer.status_code == 200
        yield events_in(answer.iter_lines())


def events_in(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    found: dict[str, Any] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "data":
            found["data"] = json.loads(value)
        elif line:
            found[name] = value
        elif "data" in found:
            yield found
            found = {}


def next_words(events: Iterator[dict[str, Any]]) -> dict[str, Any]:
    for event in events:
        if event["event"] == "job.segment":
            return event
    raise AssertionError("the stream ended without words")


def test_streams_end_at_once_when_their_instance_is_stopped(instances: Instances) -> None:
    """They end as a whole response, which a proxy does not take for a failure."""
    source = cut_job(instances.stores, 1)
    with instances.started("only") as gateway:
        with listening(gateway, source, instances.headers) as events:
            assert next(events)["event"] == "job.state"
            gateway.process.terminate()
            assert list(events) == []
        assert gateway.process.wait(TIMEOUT) == 0
        assert '"ERROR"' not in gateway.log.read_text()


def test_another_instance_goes_on_where_a_killed_one_stopped(instances: Instances) -> None:
    source = cut_job(instances.stores, 3)
    with instances.started("first") as first, instances.started("second") as second:
        with listening(first, source, instances.headers) as events:
            align(instances.stores, source, 1, "Before.")
            last = next_words(events)
            first.process.kill()
            with pytest.raises(httpx.TransportError):
                next_words(events)
        for part, text in ((0, "Meanwhile."), (2, "Also meanwhile.")):
            align(instances.stores, source, part, text)
        instances.stores.jobs.finish(source.job_id, 1, "done")
        headers = {**instances.headers, "Last-Event-ID": last["id"]}
        with listening(second, source, headers) as events:
            rest = list(events)
    assert last["data"]["part"] == 1
    parts = [event["data"]["part"] for event in rest if event["event"] == "job.segment"]
    assert parts == [0, 2]
    assert [rest[0]["event"], rest[-1]["event"]] == ["job.state", "job.done"]
