from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from tests.support.api_server import KEY, FakeApi, serve
from tests.support.cloud import ELSEWHERE
from tests.support.gateway import ALL_SCOPES, memory_deployment


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Returns the folder of a cloud that has never been started."""
    folder = tmp_path / "home"
    monkeypatch.setenv("DROPSCRIBE_HOME", str(folder))
    for name in ELSEWHERE:
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def api(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    """Serves an HTTP API, to which the commands are pointed."""
    fake = FakeApi()
    with serve(fake.app()) as url:
        monkeypatch.setenv("DROPSCRIBE_URL", url)
        monkeypatch.setenv("DROPSCRIBE_KEY", KEY)
        yield fake


@pytest.fixture
def stores(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """Serves the gateway on stores in memory, and points the commands at it."""
    stores = memory_deployment()
    _, secret = stores.keys.create("operator", ALL_SCOPES, "", None)
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    with serve(app) as address:
        monkeypatch.setenv("DROPSCRIBE_URL", address)
        monkeypatch.setenv("DROPSCRIBE_KEY", secret)
        yield stores
