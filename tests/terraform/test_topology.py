"""The planned topology passes every check, with minimal and with full variables."""

import json

import pytest

from shared.settings import Settings, setting_fields
from tests.terraform.checks import CHECKS, Check
from tests.terraform.copies import Copy
from tests.terraform.plan import Plan


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_of_the_plan(check: Check, plan: Plan) -> None:
    check(plan)


def test_the_functions_accept_their_settings(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, service in plan.services().items():
        told = {
            key: value
            for key, value in service.environment.items()
            if key.startswith("DROPSCRIBE_")
        }
        known = {f"DROPSCRIBE_{setting.upper()}" for setting in setting_fields()}
        assert told.keys() <= known, name
        with monkeypatch.context() as here:
            for key, value in told.items():
                here.setenv(key, value)
            understood = Settings()
        assert (
            understood.buckets.inbox == told["DROPSCRIBE_INBOX"]
            and understood.inference.threads == service.cpu
        )
        assert understood.inference.device == ("cuda" if service.gpu else "cpu")


def test_terraform_knows_each_setting(topology: Copy) -> None:
    """It reads their names from the source, to refuse one that is misspelt."""
    said = topology.console("jsonencode(local.settings)")
    assert set(json.loads(json.loads(said))) == set(setting_fields())
