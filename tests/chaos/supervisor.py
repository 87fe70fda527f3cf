"""`python -m tests.chaos.supervisor`: the one-machine cloud's supervisor, with the disturber on the
lines between the runner and the stages, between the buckets and the runner, and between the bridge
and notify."""

import json
import os
from dataclasses import replace

from local.layout import STAGES, Layout, Ports
from local.processes import Process, processes
from local.supervisor import main

LINES = "CHAOS_LINES"
"""Environment variable: the disturber's port on each line, as JSON."""
STORAGE, EVENTS, NOTIFY = "storage", "events", "notify"
NAMES = (STORAGE, EVENTS, NOTIFY, *STAGES)
"""A stage's line is named after it."""


def targets(ports: Ports) -> dict[str, str]:
    """Where each line ends."""
    stages = {stage: ports.url(stage) for stage in STAGES}
    others = {NOTIFY: ports.url("notify")}
    return {STORAGE: ports.url("storage"), EVENTS: ports.url("workflows"), **others, **stages}


def disturbed(home: Layout) -> list[Process]:
    lines: dict[str, int] = json.loads(os.environ[LINES])
    ends = targets(home.ports())
    detours = {end: f"http://127.0.0.1:{lines[name]}" for name, end in ends.items()}
    return [rerouted(part, detours) for part in processes(home)]


def rerouted(part: Process, detours: dict[str, str]) -> Process:
    """Every URL in its command goes through the disturber. Storage's stands in the functions'
    environment: see engines.py."""
    return replace(part, command=tuple(detoured(word, detours) for word in part.command))


def detoured(word: str, detours: dict[str, str]) -> str:
    for end, detour in detours.items():
        word = word.replace(end, detour)
    return word


if __name__ == "__main__":
    main(disturbed)
