"""Containers get no rights, and no secret shows on their command line."""

from pathlib import Path

import pytest

from local.container import engine, run


def option(command: tuple[str, ...], name: str) -> list[str]:
    prefix = f"{name}="
    return [word.removeprefix(prefix) for word in command if word.startswith(prefix)]


def test_a_container_may_do_next_to_nothing(tmp_path: Path) -> None:
    command = run("dropscribe/prepare", "name", tmp_path, ["PORT"])
    assert "--read-only" in command
    assert option(command, "--cap-drop") == ["ALL"]
    assert option(command, "--security-opt") == ["no-new-privileges"]
    assert option(command, "--tmpfs") == ["/tmp"]
    assert option(command, "--volume") == [f"{tmp_path}:{tmp_path}"]
    assert option(command, "--user")[0].partition(":")[0] != "0"
    assert command[-1] == "dropscribe/prepare"


def test_no_value_of_a_variable_is_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every user of the machine can read command lines."""
    monkeypatch.setenv("DROPSCRIBE_HUB_TOKEN", "secret")
    command = run("dropscribe/diarize", "name", tmp_path, ["DROPSCRIBE_HUB_TOKEN"])
    assert option(command, "--env") == ["DROPSCRIBE_HUB_TOKEN"]
    assert "secret" not in " ".join(command)


def test_the_engine_may_have_options_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DROPSCRIBE_ENGINE", "podman --runtime runc")
    assert engine() == ("podman", "--runtime", "runc")
