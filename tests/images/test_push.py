"""A push puts the images into the registry and writes their digests for Terraform."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from images.push import pushed
from images.references import write_down
from local.container import engine
from local.layout import free_ports
from tests.images.containers import require, said

pytestmark = pytest.mark.images


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A registry of this machine's own, without encryption."""
    if shutil.which("docker-registry") is None:
        pytest.skip("docker-registry is not installed (Debian's package of that name)")
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    storage = f"{{filesystem: {{rootdirectory: '{tmp_path}/registry'}}}}"
    (tmp_path / "config.yml").write_text(
        f"version: 0.1\nhttp: {{addr: '{address}'}}\nstorage: {storage}\n"
    )
    (tmp_path / "registries.conf").write_text(
        f'[[registry]]\nlocation = "{address}"\ninsecure = true\n'
    )
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / "registries.conf"))
    process = subprocess.Popen(
        ("docker-registry", "serve", str(tmp_path / "config.yml")),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://{address}/v2/")
        yield address
    finally:
        process.kill()
        process.wait()


@pytest.fixture(autouse=True)
def no_names_left() -> Iterator[None]:
    """A pushed image has another name here, too."""
    yield
    names = (said(*engine(), "images", "--format", "{{.Repository}}") or "").split()
    for name in names:
        if name.startswith("127.0.0.1:"):
            said(*engine(), "rmi", name)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.get(url, trust_env=False).raise_for_status()
            return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "the registry did not come up"
            time.sleep(0.05)


def test_what_is_pushed_is_there_under_its_digest(registry: str) -> None:
    require("reconcile")
    image, _, digest = pushed("reconcile", f"{registry}/team").partition("@")
    assert image == f"{registry}/team/reconcile"
    found = httpx.get(
        f"http://{registry}/v2/team/reconcile/manifests/{digest}",
        headers={"Accept": "application/vnd.oci.image.manifest.v1+json"},
        trust_env=False,
    )
    assert found.status_code == 200, found.text


def test_a_push_that_fails_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    require("reconcile")
    with pytest.raises(SystemExit, match="push failed"):
        pushed("reconcile", "127.0.0.1:9")


def test_the_file_for_terraform_keeps_all_images_that_were_pushed(tmp_path: Path) -> None:
    file = tmp_path / "terraform" / "images.auto.tfvars.json"
    write_down({"prepare": "r/prepare@sha256:1", "align": "r/align@sha256:2"}, file)
    write_down({"align": "r/align@sha256:3"}, file)
    assert json.loads(file.read_text()) == {
        "images": {"prepare": "r/prepare@sha256:1", "align": "r/align@sha256:3"}
    }
