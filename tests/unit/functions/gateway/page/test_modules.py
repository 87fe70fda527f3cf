"""The page's modules join, take back and save corrections as they should, under Node."""

import shutil
import subprocess
from pathlib import Path

import pytest

from functions.gateway.routes.page import FILES

NODE = shutil.which("node")
TESTS = sorted(Path(__file__).parent.glob("*.test.mjs"))
TIMEOUT = 120
"""Seconds."""
READ_ALL = """
const [fs, vm] = [require("fs"), require("vm")];
const names = fs.readdirSync(process.argv[1]).filter((name) => name.endsWith(".js"));
for (const name of names) {
  const text = fs.readFileSync(`${process.argv[1]}/${name}`, "utf8");
  new vm.SourceTextModule(text, { identifier: name });
}
console.log(names.length);
"""
"""Prints how many modules of a folder were read. Fails at one whose syntax is wrong."""

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's modules, marked as modules, with the tests beside their folder."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(FILES, folder / "page")
    (folder / "package.json").write_text('{"type": "module"}')
    for test in TESTS:
        shutil.copy(test, folder)
    return folder


def test_the_tests_of_the_modules_pass(folder: Path) -> None:
    command = ["node", "--test", "--test-reporter=tap", *(test.name for test in TESTS)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout and "# pass 0" not in done.stdout


def test_every_module_can_be_read(folder: Path) -> None:
    command = ["node", "--experimental-vm-modules", "--no-warnings", "-e", READ_ALL, "page"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == len(list(FILES.glob("*.js")))
