"""The npm package `eventsource` follows a job over streams that end early, and stops at its end.

`make clients` installs it.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from functions.gateway.app import create_app
from functions.gateway.deployment import deployment
from shared.settings import settings
from tests.suites import ROOT
from tests.support.api_server import serve
from tests.support.gateway import memory_deployment
from tests.support.gateway_jobs import finish
from tests.support.live_jobs import align, cut_job

MODULES = ROOT / "build" / "clients" / "node_modules"
SCRIPT = Path(__file__).parent / "node" / "events.mjs"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "eventsource").exists(),
    reason="npm's eventsource is not installed (make clients)",
)

Printed = dict[str, Any]


@pytest.fixture
def short_streams(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DROPSCRIBE_STREAM_SECONDS", "2")
    settings.cache_clear()
    yield
    settings.cache_clear()


@contextmanager
def following(address: str, key: str, folder: Path) -> Iterator[Iterator[Printed]]:
    """Gives what the package prints of the events at an address."""
    script = folder / SCRIPT.name
    shutil.copy(SCRIPT, script)
    (folder / "node_modules").symlink_to(MODULES)
    command = ["node", str(script), address, key]
    environment = {"PATH": os.environ["PATH"]}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdout is not None
        try:
            yield (json.loads(line) for line in client.stdout)
        finally:
            client.kill()


def next_named(printed: Iterator[Printed], name: str) -> Printed:
    """Returns the next event of a name."""
    for event in printed:
        if event["name"] == name:
            return event
    raise AssertionError(f"no {name} came")


@pytest.mark.usefixtures("short_streams")
def test_a_job_is_followed_by_an_event_source(tmp_path: Path) -> None:
    stores = memory_deployment()
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    _, key = stores.keys.create("test", ("read",), "", None)
    source = cut_job(stores, 2)
    with serve(app) as url:
        address = f"{url}/api/v1/jobs/{source.job_id}/events"
        with following(address, key, tmp_path) as printed:
            first = next_named(printed, "job.state")
            assert first["data"]["state"] == "running"
            align(stores, source, 0)
            words = next_named(printed, "job.segment")
            assert words["data"]["segments"][0]["text"] == "Good morning."
            again = next_named(printed, "job.state")  # the stream's time was up
            assert again["id"] == words["id"]
            align(stores, source, 1)
            finish(stores, source)
            rest = []
            for event in printed:
                rest.append(event)
                if event.get("closed"):
                    break
    names = [event["name"] for event in rest if event["name"] != "job.progress"]
    assert names[:2] == ["job.segment", "job.done"]
    assert rest[names.index("job.segment")]["data"]["part"] == 1
    last = rest[-1]
    assert (last["name"], last["code"]) == ("error", 204)
