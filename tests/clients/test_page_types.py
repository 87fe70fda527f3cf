"""The page's modules use each other as their comments say, which TypeScript checks.

`make clients` installs it.
"""

import shutil
import subprocess

import pytest

from functions.gateway.routes.page import FILES
from tests.suites import ROOT

COMPILER = ROOT / "build" / "clients" / "node_modules" / "typescript" / "bin" / "tsc"
TIMEOUT = 120
"""Seconds."""
OPTIONS = (
    "--noEmit",
    "--allowJs",
    "--checkJs",
    "--strict",
    "--skipLibCheck",
    *("--target", "es2023"),
    *("--lib", "es2023,dom,dom.iterable"),
    *("--module", "esnext"),
    *("--moduleResolution", "bundler"),
)


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("node") is None or not COMPILER.exists(),
    reason="TypeScript is not installed (make clients)",
)
def test_the_modules_have_the_types_that_they_say() -> None:
    modules = sorted(str(path) for path in FILES.glob("*.js"))
    command = ["node", str(COMPILER), *OPTIONS, *modules]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stdout
