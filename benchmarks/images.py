"""How large the images are, layer by layer, and how long each takes from its start to its first
answer.

python -m benchmarks.images              # all images
python -m benchmarks.images gateway      # some; the figures of the others are kept

The gateway's first answer is that of /health, for which it looks at storage, the job store and the
workflow.
"""

import json
import re
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import RESULTS, keep
from emulators.storage.tests.server import BucketServer
from local.container import engine
from local.layout import FUNCTIONS
from tests.images.containers import NAMES, Container, config, inside, said
from tests.images.desk import QUESTIONS, Desk, desk

STARTS = 5
"""Of each image; the first may read it from the disk."""
CUDA = """
import pathlib, sysconfig
site = pathlib.Path(sysconfig.get_path("purelib"))
files = [*site.glob("nvidia/**/*"), *site.glob("torch/lib/*cuda*"), *site.glob("torch/lib/*nvrtc*")]
print(sum(file.stat().st_size for file in files if file.is_file()))
"""
"""Bytes of what only a GPU needs."""


def main() -> None:
    functions = tuple(sys.argv[1:]) or FUNCTIONS
    names = [NAMES[function] for function in functions]
    missing = [name for name in names if said(*engine(), "image", "inspect", name) is None]
    if missing:
        sys.exit(f"make images first: {', '.join(missing)}")
    layers = {function: layers_of(NAMES[function]) for function in functions}
    figures = kept_figures() if set(functions) < set(FUNCTIONS) else {"images": {}}
    with tempfile.TemporaryDirectory() as folder:
        for function in functions:
            figures["images"][function] = measured(function, layers[function], Path(folder))
    if set(functions) == set(FUNCTIONS):
        shared = {layer["id"]: layer["mb"] for image in layers.values() for layer in image}
        figures["all_together_mb"] = round(sum(shared.values()), 1)
    keep("images", figures)


def kept_figures() -> dict[str, Any]:
    """Returns the figures of the last measurement. Each image names its revision and day."""
    record = json.loads((RESULTS / "images.json").read_text())
    figures: dict[str, Any] = record["figures"]
    for image in figures["images"].values():
        image.setdefault("measured", record["measured"])
    return figures


def measured(function: str, layers: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    starts = [start(function, folder / f"{function}-{number}") for number in range(STARTS)]
    return {
        "mb": round(sum(layer["mb"] for layer in layers), 1),
        "only_for_a_gpu_mb": round(int(inside(NAMES[function], CUDA)) / 1e6, 1),
        "layers": [
            {"mb": layer["mb"], "made_by": layer["made_by"]}
            for layer in layers
            if layer["mb"] >= 0.1
        ],
        "health_s": [first for first, _ in starts],
        "answer_s": [second for _, second in starts],
        "measured": date.today().isoformat(),
        "answer_median_s": median(second for _, second in starts),
        "revision": config(NAMES[function])["Labels"]["org.opencontainers.image.revision"],
    }


def layers_of(image: str) -> list[dict[str, Any]]:
    """From the base up. Of a layer that two images share the id is the same."""
    history = (
        said(*engine(), "history", "--no-trunc", "--format", "{{.Size}}\t{{.CreatedBy}}", image)
        or ""
    ).splitlines()
    steps = [
        (megabytes(size), step)
        for size, _, step in (line.partition("\t") for line in reversed(history))
    ]
    (described,) = json.loads(said(*engine(), "image", "inspect", image) or "[]")
    made = [
        (mb, step) for mb, step in steps if mb
    ]  # the others say something of the image and hold nothing
    return [
        {"id": identity, "mb": mb, "made_by": short(step)}
        for identity, (mb, step) in zip(described["RootFS"]["Layers"], made, strict=True)
    ]


def megabytes(told: str) -> float:
    """What podman and docker write for people, such as 89.2 MB or 2.05kB."""
    number, unit = re.fullmatch(r"([\d.]+) ?([kMG]?)B", told.strip()).groups()  # type: ignore[union-attr]
    return float(number) * {"": 1e-6, "k": 1e-3, "M": 1.0, "G": 1e3}[unit]


def short(step: str) -> str:
    return (
        step.removeprefix("/bin/sh -c ")
        .removeprefix("#(nop) ")
        .replace("--mount=type=cache,target=/root/.cache ", "")
    )


def start(function: str, folder: Path) -> tuple[float, float]:
    """Seconds from `run` until it answers `GET /health`, and until it has answered a question."""
    server = BucketServer(folder / "buckets")
    server.start()
    try:
        with desk(server) as recording:
            return timed(function, folder, server, recording)
    finally:
        server.stop()


def timed(
    function: str, folder: Path, server: BucketServer, recording: Desk
) -> tuple[float, float]:
    ask = QUESTIONS.get(function)
    question = ask(recording) if ask else None
    began = time.monotonic()
    container = Container(function, folder / "jobs", {"STORAGE_EMULATOR_HOST": server.url})
    try:
        container.health()
        healthy = time.monotonic()
        if question is None:
            container.get("/health", timeout=60)
        else:
            container.ask(question)
        return round(healthy - began, 2), round(time.monotonic() - began, 2)
    finally:
        container.remove()


if __name__ == "__main__":
    main()
