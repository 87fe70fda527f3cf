"""The settings are those of docs/options.md, each with a default, a type and a description."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from shared.settings import JobSettings, SettingField, Settings, setting_fields

PAGE = (Path(__file__).parents[3] / "docs" / "options.md").read_text()


def test_every_setting_is_on_the_page_in_the_same_order() -> None:
    section = PAGE.partition("\n## Settings of a deployment\n")[2]
    listed = re.findall(r"(?m)^\| `(\w+)` \|", section)
    assert listed == list(setting_fields())


def test_a_setting_is_described_by_its_default_its_type_and_its_docstring() -> None:
    fields = setting_fields()
    assert fields["inbox"] == SettingField(
        default="dropscribe-inbox", type="string", description="Bucket for recordings."
    )
    types = {name: (field.default, field.type) for name, field in fields.items()}
    assert types["lease"] == (60, "number")
    assert types["keep_answer_days"] == (None, "integer"), "a setting that may be null"
    assert types["download_models"] == (False, "boolean")
    assert types["callers"] == ([], "array")
    assert types["resources"] == ({}, "object"), "a setting whose type is a map of models"


def test_every_setting_has_a_description_and_no_default_depends_on_the_machine() -> None:
    home = str(Path.home())
    for name, field in setting_fields().items():
        assert field.description, name
        assert home not in str(field.default), name


def test_every_group_is_read_from_variables_with_one_prefix(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DROPSCRIBE_INBOX", "another-inbox")
    monkeypatch.setenv("DROPSCRIBE_LEASE", "7")
    monkeypatch.setenv("DROPSCRIBE_CALLERS", '["a@example.com"]')
    settings = Settings()
    assert settings.buckets.inbox == "another-inbox"
    assert settings.jobs.lease == JobSettings().lease == 7
    assert settings.auth.callers == ("a@example.com",)


def test_every_setting_is_in_one_group_of_the_deployments_settings() -> None:
    names = [name for _, group in Settings() for name, _ in group]
    assert names == list(setting_fields())


def test_a_host_of_webhooks_that_is_no_host_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DROPSCRIBE_WEBHOOK_HOSTS", '["10.0.0.0/33"]')
    with pytest.raises(ValidationError, match="neither a host name nor a network"):
        Settings()
