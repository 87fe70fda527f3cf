"""A browser without the internet shows the API in Swagger UI and in ReDoc."""

import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from functions.gateway.app import create_app
from functions.gateway.deployment import deployment
from tests.support.gateway import memory_deployment

CHROMIUM = shutil.which("chromium")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--virtual-time-budget=15000",
    "--enable-logging=stderr",
    "--dump-dom",
)
"""Chromium finds no other host than this one, and prints the page when its scripts have run."""
LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"
"""All that a page asks another host for. Its Content-Security-Policy does not let it."""
TIMEOUT = 120
"""Seconds."""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a gateway on stores in memory."""
    app = create_app()
    stores = memory_deployment()
    app.dependency_overrides[deployment] = lambda: stores
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.mark.parametrize(
    ("path", "shown"), [("/docs", "Create Key"), ("/redoc", "Make a key. Its secret")]
)
def test_a_page_shows_the_routes_and_loads_nothing_from_elsewhere(
    url: str, path: str, shown: str, tmp_path: Path
) -> None:
    assert CHROMIUM is not None
    profile = f"--user-data-dir={tmp_path}"
    done = subprocess.run(
        [CHROMIUM, *OPTIONS, profile, url + path],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert shown in done.stdout
    messages = re.findall(r"CONSOLE[^\n]*", done.stderr)
    assert [message for message in messages if LOGO not in message] == []
