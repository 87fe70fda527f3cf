"""images/base prints working build settings, or nothing where the base cannot be made.

The machine has the base and all commands already; podman answers as each test needs it.
"""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "images" / "base"
INSTALLED = ("apt-get", "podman", "runc", "mmdebstrap")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="images/base works only as root")


def install(folder: Path, name: str, script: str) -> None:
    """Writes a command into a folder of the PATH."""
    folder.mkdir(exist_ok=True)
    command = folder / name
    command.write_text(f"#!/bin/bash\n{script}\n")
    command.chmod(0o755)


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A folder with the commands that the script needs. Each succeeds and does nothing."""
    folder = tmp_path / "commands"
    for name in INSTALLED:
        install(folder, name, "exit 0")
    return folder


def base(path: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT],
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def settings(commands: Path, **environment: str) -> dict[str, str]:
    """Returns the variables that the script prints, as a shell reads them."""
    done = base(f"{commands}:{os.environ['PATH']}", **environment)
    assert done.returncode == 0, done.stderr
    export, *variables = shlex.split(done.stdout)
    assert export == "export"
    return dict(variable.split("=", 1) for variable in variables)


@as_root
def test_a_build_uses_the_base_and_the_machines_certificates(
    commands: Path, tmp_path: Path
) -> None:
    certificates = tmp_path / "certificates.pem"
    certificates.write_text("the certificates of this machine")
    options = settings(commands, SSL_CERT_FILE=str(certificates))["BUILD_OPTIONS"]
    assert "--build-arg BASE=localhost/dropscribe/base" in options
    assert f"--volume {certificates}:/etc/ssl/certs/ca-certificates.crt:ro" in options


@as_root
def test_a_file_that_the_machine_lacks_is_not_mounted(commands: Path, tmp_path: Path) -> None:
    options = settings(commands, SSL_CERT_FILE=str(tmp_path / "missing.pem"))["BUILD_OPTIONS"]
    assert "missing.pem" not in options


@as_root
def test_podman_keeps_its_own_runtime_where_that_starts_containers(commands: Path) -> None:
    printed = settings(commands)
    assert printed["DROPSCRIBE_ENGINE"] == "podman"
    assert printed["CONTAINERS_CONF"] == str(ROOT / "images" / "containers.conf")


@as_root
def test_runc_is_used_where_podmans_own_runtime_starts_no_container(commands: Path) -> None:
    install(commands, "podman", "[[ $1 != run ]]")
    assert settings(commands)["DROPSCRIBE_ENGINE"] == "podman --runtime runc"


@as_root
def test_nothing_is_printed_where_no_container_starts(commands: Path) -> None:
    install(commands, "podman", '[[ " $* " != *" run "* ]]')
    done = base(f"{commands}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (1, "")
    assert "podman cannot start a container here" in done.stderr


@as_root
def test_nothing_is_printed_where_the_base_cannot_be_made(commands: Path) -> None:
    install(commands, "podman", "[[ $1 != image ]]")
    install(commands, "mmdebstrap", "exit 1")
    done = base(f"{commands}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (1, "")


def test_nothing_is_printed_where_there_is_no_apt_get(tmp_path: Path) -> None:
    for name in ("bash", "dirname", "realpath"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    done = base(str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert "apt-get is missing" in done.stderr


@pytest.mark.parametrize("name", [".ci/run", "Makefile", "images/base", "Dockerfile"])
def test_a_build_names_no_file_outside_the_repository(name: str) -> None:
    parents = re.findall(r"\.\./[\w.-]+", (ROOT / name).read_text())
    assert parents == []
