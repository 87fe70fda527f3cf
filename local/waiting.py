"""Who waits for what: the runner's queues, as `dropscribe status` shows them."""

from dataclasses import dataclass

import httpx

from local.layout import STAGES, Layout


@dataclass(frozen=True)
class Waiting:
    """An execution that waits for its turn at a stage."""

    execution: str
    stage: str
    place: int
    """From 1."""
    length: int
    """Of the whole queue."""


def waiting(home: Layout) -> list[Waiting]:
    """In order of place. Empty when the cloud is not up."""
    ports = home.ports()
    stages = {ports.url(stage): stage for stage in STAGES}
    try:
        found = httpx.get(f"{ports.url('runner')}/status", timeout=5).raise_for_status().json()
    except httpx.HTTPError:
        return []
    return sorted(
        (
            Waiting(active["id"], stages[origin], place, found["queues"][origin]["waiting"])
            for active in found["active"]
            for origin, place in active["waiting"].items()
        ),
        key=lambda one: (one.stage, one.place),
    )
