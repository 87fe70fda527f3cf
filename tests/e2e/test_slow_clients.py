"""No client holds a connection of the gateway, or the end of a server, by not sending the rest."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from emulators.storage.tests.server import free_port
from local.layout import ROOT
from local.supervisor import STOP_TIMEOUT
from shared.runtime.process import die_with_parent
from tests.support.function import Function, function
from tests.support.slow_clients import (
    HALF_BODY,
    HALF_HEADER,
    REQUEST,
    Client,
    connected,
    drips_after,
    held,
    stops_after,
)
from tests.support.webhooks import notify_environment

CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
READY_WITHIN = 60.0
"""Seconds."""


@contextmanager
def server(module: str, folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Gives the address and the process of a server of the one-machine cloud."""
    port = free_port()
    workflow = str(ROOT / "workflows" / "transcription.yaml")
    options = {
        "emulators.storage": ("--data", str(folder)),
        "emulators.workflows": ("--data", str(folder), "--workflow", workflow, "--inbox", "inbox"),
        "local.bridge": ("--notify", "http://127.0.0.1:9"),
    }
    process = subprocess.Popen(
        (sys.executable, "-m", module, "--port", str(port), *options[module]),
        env={**os.environ, **notify_environment(folder)},
        cwd=ROOT,
        preexec_fn=die_with_parent,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + READY_WITHIN
        while not is_well(url):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield url, process
    finally:
        process.kill()
        process.wait()


def large_path(module: str, url: str) -> str:
    """Returns the path of something large if the server has it."""
    if module != "emulators.storage":
        return "/health"
    httpx.post(f"{url}/storage/v1/b", json={"name": "bucket"}).raise_for_status()
    upload = f"{url}/upload/storage/v1/b/bucket/o?uploadType=media&name=large"
    httpx.post(upload, content=bytes(1 << 20)).raise_for_status()
    return "/storage/v1/b/bucket/o/large?alt=media"


def is_well(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Function]:
    environment = {"DROPSCRIBE_HEADER_SECONDS": "1"}
    with function("gateway", environment, tmp_path_factory.mktemp("gateway")) as served:
        yield served


@pytest.mark.parametrize(
    ("client", "statuses"),
    [
        (stops_after(b""), []),
        (stops_after(b"G"), [b"408"]),
        (stops_after(b"GET / HT"), [b"408"]),
        (stops_after(HALF_HEADER), [b"408"]),
        (drips_after(HALF_HEADER), [b"408"]),
        (stops_after(REQUEST, HALF_HEADER), [b"200", b"408"]),
        (stops_after(REQUEST + HALF_HEADER), [b"200", b"408"]),
        (drips_after(REQUEST + HALF_HEADER), [b"200", b"408"]),
        (drips_after(REQUEST + REQUEST + b"G"), [b"200", b"200", b"408"]),
        (stops_after(HALF_BODY), [b"401"]),
        (drips_after(HALF_BODY), [b"401"]),
        (stops_after(CLIENT_HELLO), [b"400"]),
    ],
    ids=[
        "nothing",
        "one byte",
        "half a line",
        "half a header",
        "a dripping header",
        "half a header after a response",
        "half a header behind a request",
        "a dripping header behind a request",
        "a byte behind two requests",
        "half a body that was refused",
        "a dripping body that was refused",
        "TLS",
    ],
)
def test_a_client_that_sends_half_is_given_up(
    gateway: Function, client: Client, statuses: list[bytes]
) -> None:
    with connected(gateway.url) as connection:
        answered = client(connection)
    found = [part[:3] for part in answered.split(b"HTTP/1.1 ")[1:]]
    assert found == statuses
    assert gateway.is_up()
    assert '"severity": "ERROR"' not in gateway.log.read_text()


def test_held_connections_do_not_keep_the_gateway_from_ending(tmp_path: Path) -> None:
    with function("gateway", {}, tmp_path) as served, held(served.url, "/openapi.json"):
        assert served.is_up()
        assert served.end() == 0, served.log.read_text()


@pytest.mark.parametrize("module", ["emulators.storage", "emulators.workflows", "local.bridge"])
def test_held_connections_do_not_keep_a_server_of_this_machine_from_ending(
    tmp_path: Path, module: str
) -> None:
    """It ends by itself before its supervisor kills it."""
    with server(module, tmp_path) as (url, process), held(url, large_path(module, url)):
        process.terminate()
        assert process.wait(STOP_TIMEOUT) == 0
