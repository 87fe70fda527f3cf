"""The runner's queues, as `dropscribe status` shows them."""

from collections import Counter
from dataclasses import dataclass

import httpx

from local.layout import STAGES, Layout


@dataclass(frozen=True)
class Waiting:
    """An execution that waits for its turn at a stage."""

    execution: str
    stage: str
    place: int
    """Place among the executions that wait, from 1."""
    length: int
    """Number of executions that wait."""


def waiting(home: Layout) -> list[Waiting]:
    """Returns the queues, each in order of place. Empty if the cloud is not up."""
    ports = home.ports()
    stages = {ports.url(stage): stage for stage in STAGES}
    url = f"{ports.url('workflows')}/status"
    try:
        response = httpx.get(url, timeout=5)
        response.raise_for_status()
    except httpx.HTTPError:
        return []
    status = response.json()
    lengths: Counter[str] = Counter()
    for active in status["active"]:
        lengths.update(active["waiting"].keys())
    found = []
    for active in status["active"]:
        for origin, place in active["waiting"].items():
            stage = stages[origin]
            found.append(Waiting(active["id"], stage, place, lengths[origin]))
    return sorted(found, key=lambda each: (each.stage, each.place))
