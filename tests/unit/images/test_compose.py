"""compose.yaml runs the image of the one-machine cloud, reachable from this machine only."""

from typing import Any

import pytest
import yaml

from images.references import ROOT
from tests.support.linters import linter
from tests.unit.images.test_dockerfile import stages

COMPOSE = ROOT / "compose.yaml"
LOCAL = stages()["local"]
"""The instructions that make the image."""


@pytest.fixture
def cloud() -> dict[str, Any]:
    """The only service."""
    document = yaml.safe_load(COMPOSE.read_text())
    (service,) = document["services"].values()
    found: dict[str, Any] = service
    return found


def test_it_runs_the_target_of_the_dockerfile(cloud: dict[str, Any]) -> None:
    assert cloud["build"] == {"context": ".", "target": "local"}
    assert 'CMD ["dropscribe", "serve"]' in LOCAL


def test_only_this_machine_reaches_its_port(cloud: dict[str, Any]) -> None:
    """Inside, the gateway listens on all addresses, since requests come over a network."""
    (port,) = cloud["ports"]
    own = cloud["environment"]["DROPSCRIBE_PORT"]
    assert own == "${DROPSCRIBE_PORT:-8080}"
    assert port == f"127.0.0.1:{own}:{own}"
    assert "network_mode" not in cloud


def test_its_data_survives_in_a_volume(cloud: dict[str, Any]) -> None:
    (volume,) = cloud["volumes"]
    name, _, folder = volume.partition(":")
    assert f"DROPSCRIBE_HOME={folder}" in LOCAL
    assert name in yaml.safe_load(COMPOSE.read_text())["volumes"]


def test_it_may_do_as_little_as_a_functions_container(cloud: dict[str, Any]) -> None:
    assert cloud["read_only"] is True
    assert cloud["cap_drop"] == ["ALL"]
    assert cloud["security_opt"] == ["no-new-privileges"]
    assert "\nUSER 65532:65532\n" in LOCAL
    assert "privileged" not in cloud


def test_its_image_has_every_function_and_tries_a_recording() -> None:
    assert "COPY --from=code /app/functions/ functions/\n" in LOCAL
    *_, last = LOCAL.strip().splitlines()
    assert "dropscribe demo" in last


def test_it_is_as_the_specification_of_compose_says() -> None:
    linter("check-jsonschema")("--builtin-schema", "vendor.compose-spec", str(COMPOSE))
