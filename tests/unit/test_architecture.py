"""Modules import only what the architecture allows, read from the sources."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path for top in ("functions", "shared", "local") for path in (ROOT / top).rglob("*.py")
)
HEAVY = {
    "torch",
    "torchaudio",
    "whisperx",
    "pyannote",
    "transformers",
    "ctranslate2",
    "faster_whisper",
    "hama",
}


def imports(path: Path, *, inside_functions: bool = True) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if inside_functions else at_import(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module is imported."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from at_import(child)


def inner(path: Path) -> set[str]:
    return {
        name
        for name in imports(path)
        if name.split(".")[0] in ("functions", "shared", "local", "tests", "benchmarks")
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_data_flows_one_way(path: Path) -> None:
    top, *rest = path.relative_to(ROOT).parts
    for name in inner(path):
        there, *stage = name.split(".")
        assert there == "shared" or (there == top and (top == "local" or stage[0] == rest[0])), name


@pytest.mark.parametrize("stage", ["prepare", "finalize"])
def test_light_stages_carry_no_model_library(stage: str) -> None:
    found = {
        name.split(".")[0]
        for path in (ROOT / "functions" / stage).glob("*.py")
        for name in imports(path)
    }
    assert found.isdisjoint(HEAVY)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "functions").glob("*/main.py")), ids=lambda path: path.parent.name
)
def test_an_adapter_only_wires(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 40
    found = {name.split(".")[0] for name in imports(path, inside_functions=False)}
    assert found.isdisjoint(HEAVY), "a model library is imported after the fork"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "functions").glob("*/main.py")), ids=lambda path: path.parent.name
)
def test_an_adapter_leaves_http_to_the_shell(path: Path) -> None:
    """Its `main` has no way of its own to answer, or to fail."""
    (main,) = (
        node for node in ast.parse(path.read_text()).body if getattr(node, "name", None) == "main"
    )
    assert isinstance(main, ast.FunctionDef)
    (only,) = main.body
    assert isinstance(only, ast.Return) and only.value is not None
    assert ast.unparse(only.value).startswith(("serve(", "serve_stage("))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "functions").glob("*/stage.py")), ids=lambda path: path.parent.name
)
def test_a_stage_knows_no_cloud_and_no_http(path: Path) -> None:
    found = {name.split(".")[0] for name in imports(path)}
    assert found.isdisjoint({"google", "flask", "functions_framework", "httpx", "requests"})


def test_there_is_an_adapter_for_every_function_of_the_local_cloud() -> None:
    from local.layout import FUNCTIONS

    assert {path.parent.name for path in (ROOT / "functions").glob("*/main.py")} == set(FUNCTIONS)


def test_only_the_wiring_makes_a_job_store() -> None:
    """Another maker could forget the deployment's limits."""
    makers = set()
    for path in SOURCES:
        calls = [
            node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
        ]
        if any(ast.unparse(call.func).endswith("JobStore") for call in calls):
            makers.add(str(path.relative_to(ROOT)))
    assert makers == {"shared/runtime/wiring.py"}
