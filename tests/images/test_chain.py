"""The one-machine cloud with functions in containers gives the same answers and cleans up."""

import json
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.container import engine
from local.layout import FUNCTIONS
from local.processes import IMAGES
from local.supervisor import supervisor_of
from tests.chaos.claims import essence
from tests.images.containers import LIGHT, NAMES, require, said
from tests.support import noop
from tests.support.cloud import Cloud
from tests.support.recordings import sample

pytestmark = pytest.mark.images


def from_images(*functions: str) -> dict[str, str]:
    return {IMAGES: json.dumps({function: NAMES[function] for function in functions})}


def containers(cloud: Cloud) -> set[str]:
    """The functions of this cloud that run in a container."""
    ports = cloud.home.ports().ports
    running = (said(*engine(), "ps", "--format", "{{.Names}}") or "").split()
    return {
        function for function in FUNCTIONS if f"dropscribe-{function}-{ports[function]}" in running
    }


def container_id(cloud: Cloud, function: str) -> str:
    name = f"dropscribe-{function}-{cloud.home.ports().ports[function]}"
    return said(*engine(), "ps", "--quiet", "--no-trunc", "--filter", f"name={name}") or ""


@pytest.fixture(scope="module")
def cloud_of_light(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    require(*LIGHT)
    cloud = Cloud(tmp_path_factory.mktemp("light"), {**noop.ENVIRONMENT, **from_images(*LIGHT)})
    yield cloud
    cloud.down()


@pytest.fixture
def light(cloud_of_light: Cloud) -> Cloud:
    """The light functions in containers, the others with engines that do nothing."""
    cloud_of_light.up()
    return cloud_of_light


def test_light_containers_answer_as_their_sources_do(light: Cloud, cloud: Cloud) -> None:
    assert containers(light) == set(LIGHT)
    assert containers(cloud) == set()
    wanted = cloud.answer(cloud.upload("images/call.wav", sample().read_bytes()))
    found = light.answer(light.upload("images/call.wav", sample().read_bytes()))
    assert found.transcript["words"]
    assert essence(found.files) == essence(wanted.files)


def test_containers_end_with_the_cloud(light: Cloud) -> None:
    light.down()
    assert containers(light) == set()


@pytest.mark.slow  # the same with processes runs with each change
def test_containers_end_with_a_supervisor_that_is_killed(light: Cloud) -> None:
    supervisor = supervisor_of(light.home)
    assert supervisor is not None
    psutil.Process(supervisor).kill()
    light.until(lambda: containers(light) == set(), 30, "end of the containers")


@pytest.mark.slow  # as the one before
def test_what_a_kill_leaves_behind_makes_room(light: Cloud) -> None:
    """Whoever watches over a container is killed with it still running; the next one takes its
    place and port."""
    (watcher, *_), before = light.processes("finalize"), container_id(light, "finalize")
    watcher.kill()
    watcher.wait(30)
    light.until(
        lambda: container_id(light, "finalize") not in ("", before), 30, "another container"
    )
    source = light.upload("after.wav", sample().read_bytes())
    assert light.answer(source).transcript["words"]
    assert containers(light) == set(LIGHT)


@pytest.mark.models
def test_the_whole_chain_answers_as_its_sources_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(*FUNCTIONS)
    monkeypatch.delenv("OPENBLAS_CORETYPE", raising=False)  # other kernels round in another way
    answers = []
    for name, environment in (("source", {}), ("images", from_images(*FUNCTIONS))):
        cloud = Cloud(tmp_path / name, environment)
        cloud.up()
        try:
            assert containers(cloud) == (set(FUNCTIONS) if environment else set())
            answers.append(cloud.answer(cloud.upload("call.wav", sample().read_bytes()), 300))
        finally:
            cloud.down()
    assert "Chicago" in answers[0].transcript["text"]
    assert essence(answers[1].files) == essence(answers[0].files)
