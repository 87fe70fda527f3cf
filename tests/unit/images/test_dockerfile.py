"""The Dockerfile agrees with the functions, the lists and the Makefile."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from images.selftest import sample_inputs
from local.container import NOBODY
from shared.model.stages import FUNCTIONS, STAGES

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def stages() -> dict[str, str]:
    """Stage -> its instructions."""
    parts = re.split(r"^FROM \S+ AS (\S+)\n", DOCKERFILE, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def targets(base: str) -> set[str]:
    """Returns the functions whose images are made from the stage `base`."""
    names = re.findall(rf"^FROM {base} AS (\S+)$", DOCKERFILE, flags=re.MULTILINE)
    return set(names) & FUNCTIONS.keys()


def test_there_is_a_target_for_every_function() -> None:
    with_model = {name for name, spec in FUNCTIONS.items() if spec.has_model}
    assert targets("speech") == with_model
    assert targets("function") == FUNCTIONS.keys() - with_model


def test_every_target_installs_the_list_of_its_extra() -> None:
    for name, spec in FUNCTIONS.items():
        installs = re.findall(r"images/install lists/(\w+)[.]txt", stages()[name])
        assert installs == ([spec.extra] if spec.extra else [])


def test_the_selftest_has_a_sample_of_every_input() -> None:
    assert sample_inputs().keys() == {name for spec in STAGES.values() for name in spec.inputs}


def test_make_knows_every_function_and_extra() -> None:
    extras = [spec.extra for spec in FUNCTIONS.values() if spec.extra]
    assert make_variable("FUNCTIONS") == list(FUNCTIONS)
    assert make_variable("EXTRAS") == [*extras, "local", "dev"]


def test_make_stops_when_it_cannot_read_the_functions() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        make_variable("FUNCTIONS", "PYTHON=false")


def test_a_build_by_docker_brings_no_attestations() -> None:
    """Docker 29 would push three versions of each image, and the registry keeps fifteen."""
    command = ("make", "images", "--dry-run", "FUNCTIONS=prepare", "ENGINE=docker")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "BUILDX_NO_DEFAULT_ATTESTATIONS=1 docker build " in done.stdout


def make_variable(name: str, *arguments: str) -> list[str]:
    """Returns the words of a variable of the Makefile."""
    target = f"--eval=show: ; @echo $({name})"
    done = subprocess.run(
        ("make", "-s", target, "show", *arguments),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.split()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_image_ends_as_nobody_who_has_tried_it(function: str) -> None:
    *_, user, last = stages()[function].strip().splitlines()
    assert user == f"USER {NOBODY}:{NOBODY}"
    assert last.endswith(f"python -m images.selftest {function}")


def test_only_the_gateway_is_not_started_by_functions_framework() -> None:
    commands = {name: re.findall("^CMD (.*)$", text, re.M) for name, text in stages().items()}
    assert {name: found for name, found in commands.items() if found} == {
        "function": ['["python", "-m", "functions_framework"]'],
        "gateway": ['["python", "-m", "functions.gateway.main"]'],
        "local": ['["dropscribe", "serve"]'],
    }
    sources = {name: re.findall(r"FUNCTION_SOURCE=(\S+)", stages()[name]) for name in FUNCTIONS}
    assert sources.pop("gateway") == []
    assert sources == {name: [f"functions/{name}/main.py"] for name in sources}


def test_uv_is_the_same_everywhere() -> None:
    versions = re.findall(
        r"^(?:UV_VERSION :=|version=) ?([\d.]+)$", MAKEFILE + (ROOT / "images/uv").read_text(), re.M
    )
    assert len(versions) == 2 and len(set(versions)) == 1


@pytest.mark.parametrize(
    "function", [name for name, spec in FUNCTIONS.items() if not spec.has_model]
)
def test_the_selftest_passes_on_the_sources(function: str) -> None:
    command = (sys.executable, "-m", "images.selftest", function)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    status = 204 if function == "notify" else 200
    assert f"{function}: {status}" in done.stdout
