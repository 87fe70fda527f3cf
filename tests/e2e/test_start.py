"""`dropscribe up` says why it fails and leaves nothing running, or prints its address and key."""

import os
import re
import signal
import socket
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from local.layout import free_ports
from local.supervisor import supervisor_of
from tests.support.cloud import Cloud
from tests.support.slow import ENVIRONMENT


@pytest.fixture
def unstarted(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path / "home", ENVIRONMENT)


def refused(cloud: Cloud, *arguments: str) -> str:
    done = cloud.command("up", *arguments)
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    assert supervisor_of(cloud.home) is None
    return done.stderr


def test_a_taken_port_is_named_with_its_program(unstarted: Cloud) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        message = refused(unstarted, "--port", str(port))
    assert f"port {port} of gateway is taken by" in message
    assert f"(process {os.getpid()})" in message


def test_a_wrong_setting_is_named(unstarted: Cloud) -> None:
    unstarted.environment |= {"DROPSCRIBE_CHUNK_SECONDS": "5", "DROPSCRIBE_BATCHSIZE": "8"}
    message = refused(unstarted)
    assert "DROPSCRIBE_CHUNK_SECONDS=5: " in message
    assert "did you mean DROPSCRIBE_BATCH_SIZE?" in message
    assert not unstarted.home.folder.exists()


def test_a_home_that_is_a_file_is_named(unstarted: Cloud) -> None:
    unstarted.home.folder.touch()
    message = refused(unstarted)
    assert message.splitlines()[-1].startswith(f"Error: {unstarted.home.folder} is a file")


@pytest.mark.slow
def test_a_part_that_cannot_start_ends_the_start_and_all_other_parts(unstarted: Cloud) -> None:
    executions = unstarted.home.folder / "executions"
    executions.parent.mkdir()
    executions.touch()  # where the runner wants a folder
    message = refused(unstarted)
    assert "workflows was started 3 times and ended each time: " in message
    assert "executions' is a file" in message


def test_up_prints_where_the_api_is_and_env_how_to_use_it(cloud: Cloud) -> None:
    printed = cloud.command("up").stdout
    url = cloud.home.ports().url("gateway")
    assert f"{url}/docs" in printed
    (code,) = re.findall(f"page: +{re.escape(url)}/#login=(.+)", printed)
    assert httpx.post(f"{url}/api/v1/login", json={"code": code}).is_success
    assert str(cloud.home.key) in printed
    key = cloud.home.key.read_text().strip()
    assert key not in printed
    variables = cloud.command("env").stdout
    assert f"export DROPSCRIBE_URL={url}\n" in variables
    assert key not in variables
    headers = {"X-API-Key": key}
    assert httpx.get(f"{url}/api/v1/keys/me", headers=headers).is_success
    assert cloud.home.key.stat().st_mode & 0o777 == 0o600


def test_another_port_than_that_of_the_cloud_that_is_up_is_refused(cloud: Cloud) -> None:
    [port] = free_ports(1)
    done = cloud.command("up", "--port", str(port))
    assert done.returncode == 1
    assert "run `dropscribe down` before" in done.stderr
    assert supervisor_of(cloud.home) is not None


def test_logs_have_times(cloud: Cloud) -> None:
    done = cloud.command("logs", "--lines", "20")
    lines = done.stdout.splitlines()
    times = [line[:23] for line in lines]
    assert times
    assert times == sorted(times)
    assert all(datetime.fromisoformat(time) for time in times)


@pytest.mark.slow
@pytest.mark.parametrize("ends_by_itself", [False, True])
def test_serve_goes_on_until_sigterm_or_the_end_of_the_cloud(
    unstarted: Cloud, ends_by_itself: bool
) -> None:
    command = (sys.executable, "-m", "local.cli", "serve")
    environment = unstarted.environment
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as served:
        assert served.stdout
        line = served.stdout.readline()  # it comes when every process answers
        supervisor = supervisor_of(unstarted.home)
        assert line.startswith("page:") and supervisor is not None
        os.kill(supervisor if ends_by_itself else served.pid, signal.SIGTERM)
        served.communicate(timeout=120)
    assert served.returncode == (1 if ends_by_itself else 0)
    assert supervisor_of(unstarted.home) is None
