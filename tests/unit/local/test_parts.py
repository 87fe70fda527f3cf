from pathlib import Path

import pytest

from local.home import Home
from local.parts import client_environment
from shared.settings import settings


@pytest.mark.parametrize(("allowed", "offline"), [("false", "1"), ("true", "0")])
def test_the_hub_is_asked_only_where_downloads_are_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: str, offline: str
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("DROPSCRIBE_DOWNLOAD_MODELS", allowed)
    settings.cache_clear()
    home = Home(tmp_path)
    assert client_environment(home, home.ports())["HF_HUB_OFFLINE"] == offline
    settings.cache_clear()
