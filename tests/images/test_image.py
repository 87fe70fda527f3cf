"""Each image holds its function, runs without root, and starts and ends as promised."""

import json
import re

import pytest

from local.layout import FUNCTIONS
from tests.images.conftest import Start
from tests.images.containers import LIGHT, NAMES, config, inside, require

pytestmark = pytest.mark.images

HEAVY = (
    "torch",
    "torchaudio",
    "whisperx",
    "pyannote",
    "transformers",
    "ctranslate2",
    "nvidia",
    "hama",
)
LOOK = """
import json, os, pathlib, shutil

def writable(folder):
    try:
        (pathlib.Path(folder) / "written").touch()
    except OSError:
        return False
    return True

def filled(name):
    return os.path.exists(name) and os.path.getsize(name) > 0

lines = pathlib.Path("/proc/self/status").read_text().splitlines()
status = dict(line.split(":\t", 1) for line in lines)
folders = ("/", "/app", "/opt/venv", "/models", "/tmp")
print(json.dumps({
    "uid": os.getuid(),
    "capabilities": int(status["CapEff"], 16),
    "writable": [folder for folder in folders if writable(folder)],
    "functions": sorted(path.name for path in pathlib.Path("functions").iterdir()),
    "builders": [tool for tool in ("uv", "gcc", "git") if shutil.which(tool)],
    "settings": [name for name in ("/etc/pip.conf", "/etc/uv/uv.toml") if filled(name)],
    "compiled": pathlib.Path("shared/__pycache__").is_dir(),
}))
"""
FIND = """
import json, sys
from importlib.util import find_spec
print(json.dumps([name for name in sys.argv[1:] if find_spec(name)]))
"""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_holds_its_function_and_runs_as_nobody(function: str) -> None:
    require(function)
    seen = json.loads(inside(NAMES[function], LOOK))
    assert seen["uid"] != 0 and seen["capabilities"] == 0
    assert seen["writable"] == ["/tmp"]
    assert seen["functions"] == [function]
    assert seen["builders"] == []
    assert seen["settings"] == []
    assert seen["compiled"]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_runs_as_nobody_without_an_option(function: str) -> None:
    """What holds wherever it is run, whichever options are forgotten."""
    require(function)
    described = config(NAMES[function])
    environment = dict(pair.split("=", 1) for pair in described["Env"])
    assert described["User"] == "65532:65532"
    if function == "gateway":
        assert described["Cmd"] == ["python", "-m", "functions.gateway.main"]
    else:
        assert described["Cmd"] == ["python", "-m", "functions_framework"]
        assert environment["FUNCTION_SOURCE"] == f"functions/{function}/main.py"
    assert environment["HF_HUB_OFFLINE"] == "1"
    assert environment["HF_HUB_DISABLE_TELEMETRY"] == environment["ORT_DISABLE_TELEMETRY"] == "1"
    assert environment["PYANNOTE_METRICS_ENABLED"] == "0"
    assert described["Labels"]["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert re.match("[0-9a-f]{40}", described["Labels"]["org.opencontainers.image.revision"])


@pytest.mark.parametrize("function", LIGHT)
def test_light_images_carry_no_model_library(function: str) -> None:
    require(function)
    assert json.loads(inside(NAMES[function], FIND, *HEAVY)) == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_answers_health_and_ends_in_time(function: str, start: Start) -> None:
    container = start(function)
    assert container.health().json()["status"] == "ok"
    assert container.stop() == 0
