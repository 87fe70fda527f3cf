from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.api_server import KEY, FakeApi, serve
from tests.support.cloud import ELSEWHERE


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
