"""On what a figure was measured, and where figures are kept."""

import json
import os
import platform
import shutil
import subprocess
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    "whisperx",
    "ctranslate2",
    "faster-whisper",
    "torch",
    "pyannote.audio",
    "hama",
    "functions-framework",
    "av",
)


def keep(name: str, figures: Any) -> None:
    """Write the figures with the machine and the versions, and show them."""
    RESULTS.mkdir(exist_ok=True)
    record = {"measured": date.today().isoformat(), "machine": machine(), "figures": figures}
    text = json.dumps(record, indent=1)
    (RESULTS / f"{name}.json").write_text(text + "\n")
    print(text)


def machine() -> dict[str, Any]:
    return {
        "cpu": processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "gpu": gpu(),
        "python": platform.python_version(),
        "packages": {package: version(package) for package in PACKAGES},
    }


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(
        (line.partition(": ")[2] for line in lines if line.startswith("model name")),
        platform.machine(),
    )


def gpu() -> str | None:
    """Returns the name, memory and driver of the GPU; None where there is none.

    Several GPUs are several lines.
    """
    command = shutil.which("nvidia-smi")
    if command is None:
        return None
    query = [command, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    answer = subprocess.run(query, capture_output=True, text=True, timeout=60)
    names = answer.stdout.strip()
    return names if answer.returncode == 0 and names else None
