"""CONTRIBUTING.md's recipes are complete: following one for real needs no other file."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.model.stages import FUNCTIONS

ROOT = Path(__file__).parents[2]
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
SEARCHED = (
    "Dockerfile",
    "Makefile",
    "pyproject.toml",
    "docs/rights.yaml",
    "emulators",
    "functions",
    "images",
    "local",
    "shared",
    "terraform",
    "workflows",
)
"""The files and folders that make up the product, without documents, tests and measurements."""
WITH_MODEL = [name for name, spec in FUNCTIONS.items() if spec.has_model]
PROBE = """
from functions.align.stage import AlignParams
from functions.prepare.job import prepare
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.store import JobStore
from shared.model.contracts import Source, StageRequest
from tests.support.recordings import speech, wav

blobs, jobs = MemoryBlobs(), JobStore(MemoryDocuments())
generation = blobs.put("gs://inbox/a.wav", wav(speech()[:160_000]), if_generation_match=0)
source = Source(bucket="inbox", name="a.wav", generation=generation)
params = {"run": 1, "execution": "e", "options": {"strict-timing": True}}
plan = prepare(StageRequest(source=source, params=params), blobs, jobs).plan
assert AlignParams.model_validate(plan["align"]).strict_timing is True
assert "strict_timing" not in plan["transcribe"]
chosen = plan["finalize"]["options"]["strict-timing"]
assert chosen == {"value": True, "origin": "redrive"}, chosen
"""


def recipe(title: str) -> set[str]:
    """Returns the paths that a recipe names as the ones to change."""
    section = CONTRIBUTING.partition(f"## Add {title}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"(?m)^\d+\. `([^`]+)`", section))


def test_an_option_is_added_by_its_recipe(tmp_path: Path) -> None:
    """A boolean option for align, in a copy of the sources, is passed on by prepare."""
    assert recipe("an option") == {
        "shared/model/options.py",
        "functions/<stage>/stage.py",
        "docs/options.md",
    }
    for folder in ("functions", "shared", "tests/support"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    insert_after(
        tmp_path / "shared/model/options.py",
        '    """Distinguish the speakers."""\n',
        '    strict_timing: Annotated[bool, PassedTo("align"), Expects("true or false")] = False\n',
    )
    insert_after(
        tmp_path / "functions/align/stage.py",
        "class AlignParams(Params):\n",
        "    strict_timing: bool = False\n",
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        (sys.executable, "-c", PROBE),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def insert_after(path: Path, anchor: str, line: str) -> None:
    text = path.read_text()
    assert text.count(anchor) == 1, f"{path.name} has changed"
    path.write_text(text.replace(anchor, anchor + line))


def test_the_recipe_of_a_stage_names_every_file_that_names_the_stages() -> None:
    """A file that names all stages with a model needs a change for another one."""
    changed = recipe("a stage") - {"functions/<name>/"}
    assert len(changed) == 9
    naming = {str(path.relative_to(ROOT)) for path in searched_files() if names_stages(path)}
    assert naming - recipe("an option") - changed == set()


def searched_files() -> list[Path]:
    files = []
    for name in SEARCHED:
        path = ROOT / name
        files += [path] if path.is_file() else sorted(path.rglob("*"))
    return [path for path in files if path.is_file() and not is_left_out(path)]


def is_left_out(path: Path) -> bool:
    """Returns whether a file is generated, downloaded, a test or a document."""
    folders = {"__pycache__", ".terraform", "generated", "tests"}
    return not folders.isdisjoint(path.parts) or path.suffix in (".md", ".pyc")


def names_stages(path: Path) -> bool:
    """Returns whether a file names all stages with a model, other than as a part of a module."""
    text = path.read_text(errors="replace")
    return all(re.search(rf"(?<![\w.]){stage}(?![\w.])", text) for stage in WITH_MODEL)


@pytest.mark.parametrize("name", ["an output format", "an option", "a stage"])
def test_every_file_of_a_recipe_exists(name: str) -> None:
    paths = {path for path in recipe(name) if "<" not in path}
    assert paths and all((ROOT / path).exists() for path in paths)
