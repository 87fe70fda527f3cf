"""Modules import only what the architecture allows, read from the sources."""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from shared.model.stages import FUNCTIONS

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "dropscribe",
    "functions",
    "shared",
    "local",
    "emulators",
    "images",
    "benchmarks",
    "tests",
)
"""The folders with modules of this project."""
SOURCE_FOLDERS = ("dropscribe", "functions", "shared", "local", "emulators", "images", "benchmarks")
ALLOWED = {
    "dropscribe": {"dropscribe", "shared"},
    "functions": {"shared"},
    "shared": {"shared"},
    "local": {"dropscribe", "local", "shared"},
    "emulators": {"emulators"},
    "images": {"images", "shared", "local"},
}
"""Which folders a module of a folder may import from. A function may also import its own folder."""
FLOORS = ("model", "formats", "settings", "ports", "jobs", "adapters", "runtime", "generate")
"""The rooms of shared/, from the bottom up. A room may import its own modules and lower rooms."""
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
WITHOUT_MODEL = [name for name, spec in FUNCTIONS.items() if not spec.has_model]
MAINS = sorted((ROOT / "functions").glob("*/main.py"))
FLASK_MAINS = [path for path in MAINS if path.parent.name != "gateway"]
"""The adapters of functions-framework. The gateway is an ASGI application of its own."""


def sources(*folders: str) -> list[Path]:
    """Returns the modules of these folders, without the tests inside them."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in paths if "tests" not in path.relative_to(ROOT).parts)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def imports(path: Path, *, inside_functions: bool = True) -> Iterator[str]:
    """Yields the names that a module imports, also under TYPE_CHECKING."""
    tree = parsed(path)
    nodes = ast.walk(tree) if inside_functions else at_import(tree)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}: a relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def at_import(node: ast.AST) -> Iterator[ast.AST]:
    """Yields the nodes that run when the module is imported."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from at_import(child)


def libraries(path: Path, *, inside_functions: bool = True) -> set[str]:
    """Returns the top-level packages that a module imports."""
    names = imports(path, inside_functions=inside_functions)
    return {name.split(".")[0] for name in names}


def module_name(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


@cache
def import_graph() -> dict[str, set[str]]:
    """Returns the modules of this project that each module imports."""
    paths = {module_name(path): path for path in sources(*SOURCE_FOLDERS)}
    graph = {}
    for name, path in paths.items():
        graph[name] = {imported for imported in imports(path) if imported in paths}
    return graph


def find_circle(graph: Mapping[str, set[str]]) -> list[str]:
    """Returns the modules that import each other in a circle, or that such modules lie between."""
    remaining = {name: set(imported) for name, imported in graph.items()}
    while True:
        leaves = {name for name, imported in remaining.items() if not imported & remaining.keys()}
        if not leaves:
            return sorted(remaining)
        for name in leaves:
            del remaining[name]


def test_no_module_imports_itself_through_others() -> None:
    """Imports inside functions and under TYPE_CHECKING count: they hide a circle."""
    assert find_circle(import_graph()) == []


def test_a_circle_would_be_found() -> None:
    assert find_circle({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == ["a", "b", "c"]


def test_a_module_imports_only_from_the_folders_that_its_folder_may() -> None:
    for path in sources(*ALLOWED):
        folder, *rest = path.relative_to(ROOT).parts
        own = f"functions.{rest[0]}."
        for name in imports(path):
            top = name.split(".")[0]
            if top in FOLDERS and not name.startswith(own):
                allowed = top in ALLOWED[folder] or name == own.rstrip(".")
                assert allowed, f"{module_name(path)} imports {name}"


def test_a_room_of_shared_imports_no_higher_room() -> None:
    for path in sources("shared"):
        module = module_name(path)
        for name in import_graph()[module]:
            assert floor(name) <= floor(module), f"{module} imports {name}"


def floor(module: str) -> int:
    """Returns the floor of a module of shared/; -1 for shared itself, which holds the version."""
    _, *rest = module.split(".")
    return FLOORS.index(rest[0]) if rest else -1


def test_no_class_name_is_defined_twice() -> None:
    places = defaultdict(list)
    for path in sources("functions", "shared"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module_name(path))
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.parametrize("function", WITHOUT_MODEL)
def test_a_function_without_a_model_imports_no_model_library(function: str) -> None:
    for path in sources(f"functions/{function}"):
        assert libraries(path).isdisjoint(HEAVY), path


@pytest.mark.parametrize("path", MAINS, ids=lambda path: path.parent.name)
def test_an_adapter_only_wires(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 40
    found = libraries(path, inside_functions=False)
    assert found.isdisjoint(HEAVY), "a model library is imported after the fork"


@pytest.mark.parametrize("path", FLASK_MAINS, ids=lambda path: path.parent.name)
def test_an_adapter_leaves_http_to_the_shell(path: Path) -> None:
    """Its `main` has no way of its own to answer, or to fail."""
    nodes = parsed(path).body
    (main,) = (node for node in nodes if getattr(node, "name", None) == "main")
    assert isinstance(main, ast.FunctionDef)
    (only,) = main.body
    assert isinstance(only, ast.Return) and only.value is not None
    assert ast.unparse(only.value).startswith(("serve(", "serve_stage("))


@pytest.mark.parametrize(
    "path", sorted((ROOT / "functions").glob("*/stage.py")), ids=lambda path: path.parent.name
)
def test_a_stage_knows_no_cloud_and_no_http(path: Path) -> None:
    web = {"google", "flask", "functions_framework", "httpx", "requests"}
    assert libraries(path).isdisjoint(web)


def test_there_is_an_adapter_for_every_function() -> None:
    assert {path.parent.name for path in MAINS} == set(FUNCTIONS)


def test_only_the_wiring_makes_a_job_store() -> None:
    """Another maker could forget the deployment's limits."""
    makers = set()
    for path in sources("functions", "shared", "local"):
        nodes = ast.walk(parsed(path))
        calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
        if any(call.endswith("JobStore") for call in calls):
            makers.add(module_name(path))
    assert makers == {"shared.runtime.wiring"}
