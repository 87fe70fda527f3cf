"""The first `up` makes a secret for webhooks that only its owner can read; later ones keep it."""

import stat
from pathlib import Path

import pytest
from pydantic import ValidationError

from local.errors import NotUp
from local.layout import Layout
from local.webhook_secret import ensure_webhook_secret
from shared.settings import WebhookSettings


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    home = Layout(tmp_path / "home")
    secret = ensure_webhook_secret(home)
    assert home.webhook_secret.read_text().strip() == secret
    assert stat.S_IMODE(home.webhook_secret.stat().st_mode) == 0o600


def test_the_secret_stays_the_same(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    assert ensure_webhook_secret(home) == ensure_webhook_secret(home)


def test_each_cloud_has_its_own(tmp_path: Path) -> None:
    secrets = {ensure_webhook_secret(Layout(tmp_path / name)) for name in ("a", "b")}
    assert len(secrets) == 2


def test_an_empty_file_is_replaced(tmp_path: Path) -> None:
    """After a power failure a file may be empty."""
    home = Layout(tmp_path)
    home.webhook_secret.touch()
    assert ensure_webhook_secret(home)


def test_it_is_long_enough_and_in_no_representation(tmp_path: Path) -> None:
    secret = ensure_webhook_secret(Layout(tmp_path))
    read = WebhookSettings(webhook_secret=secret)
    assert read.webhook_secret == secret
    assert secret not in repr(read)


def test_a_broken_file_is_named_without_its_content(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    home.webhook_secret.write_text("cut off")
    with pytest.raises(NotUp, match=str(home.webhook_secret)) as raised:
        ensure_webhook_secret(home)
    assert "cut off" not in str(raised.value)


def test_an_error_of_settings_has_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is logged, and the secret is among them."""
    monkeypatch.setenv("DROPSCRIBE_WEBHOOK_SECRET", "too-short")
    with pytest.raises(ValidationError) as raised:
        WebhookSettings()
    assert "too-short" not in str(raised.value)
