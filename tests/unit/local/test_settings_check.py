"""Wrong and misspelt settings are named before anything starts."""

import os
import subprocess
import sys

import pytest

from local.errors import NotUp
from local.processes import IMAGES
from local.settings_check import changed_settings, check_settings


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(NotUp) as refused:
        check_settings(os.environ)
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("DROPSCRIBE_BATCHSIZE", "DROPSCRIBE_BATCH_SIZE"),
        ("DROPSCRIBE_WHISPER_MODLE", "DROPSCRIBE_WHISPER_MODEL"),
        ("DROPSCRIBE_KEEP_DAY", "DROPSCRIBE_KEEP_DAYS"),
        ("DROPSCRIBE_IMAGE", "DROPSCRIBE_IMAGES"),
    ],
)
def test_a_misspelt_setting_is_refused_with_the_one_meant(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    message = refusal(monkeypatch, **{name: "1"})
    assert message == f"{name} is no setting: did you mean {meant}?"


def test_every_wrong_setting_is_named_with_its_value_and_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    variables = {
        "DROPSCRIBE_CHUNK_SECONDS": "5",
        "DROPSCRIBE_BATCH_SIZE": "many",
        "DROPSCRIBE_CALLERS": "a@b",
        IMAGES: "[]",
    }
    chunk, batch, callers, images = sorted_lines(refusal(monkeypatch, **variables), variables)
    assert chunk.endswith("=5: Input should be greater than or equal to 10")
    assert batch.startswith("DROPSCRIBE_BATCH_SIZE=many: Input should be a valid integer")
    assert callers == "DROPSCRIBE_CALLERS=a@b: it is not valid JSON"
    assert images.startswith("DROPSCRIBE_IMAGES=[]: it is not a JSON object")


def sorted_lines(message: str, names: dict[str, str]) -> list[str]:
    """Returns the lines of a message in the order of the variables that they begin with."""
    lines = message.splitlines()
    assert len(lines) == len(names)
    return [next(line for line in lines if line.startswith(name)) for name in names]


def test_wrong_default_options_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, DROPSCRIBE_DEFAULTS='{"langauge": "en"}')
    assert "DROPSCRIBE_DEFAULTS" in message
    assert "'langauge'" in message


def test_settings_and_variables_of_the_command_pass_and_others_are_returned(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HOME", "URL", "KEY", "batch_size"):
        monkeypatch.setenv(f"DROPSCRIBE_{name}", "1")
    monkeypatch.setenv("DROPSCRIBE_FOO", "1")
    assert check_settings(os.environ) == ["DROPSCRIBE_FOO"]


def test_settings_that_a_running_cloud_was_not_started_with_are_named() -> None:
    started_with = {"DROPSCRIBE_BATCH_SIZE": "8", "DROPSCRIBE_INBOX": "other"}
    command = (sys.executable, "-c", "print(flush=True); input()")
    with subprocess.Popen(
        command, env=started_with, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()  # until then the environment is still this process's
        now = {
            "DROPSCRIBE_BATCH_SIZE": "8",
            "DROPSCRIBE_WHISPER_MODEL": "small",
            "DROPSCRIBE_INBOX": "dropscribe-inbox",
            "DROPSCRIBE_HOME": "/elsewhere",
        }
        assert changed_settings(running.pid, now) == ["DROPSCRIBE_WHISPER_MODEL"]
        running.communicate(b"\n")
