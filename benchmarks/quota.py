"""How the instances of a new project's quota should be shared among the functions. Simulated.

    python -m benchmarks.quota

Recordings arrive at once in a project that may have 20 vCPU and 40 GiB. An instance holds its share
until it has been idle for a quarter of an hour, whatever others need. A function that finds no
share is called again, as one at its maximum is (benchmarks/backlog.py). Compared are the instances
that Terraform gives each function, and those of a former version, which were up to ten of each.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchmarks.backlog import SECONDS, WORKFLOW, Drain, Event, Policy, Recording
from benchmarks.machine import keep
from shared.model.stages import FUNCTIONS

CPU = 20.0
"""vCPU of a new project in a region."""
GIB = 40.0
IDLE_SECONDS = 900.0
"""Seconds without work after which an instance is stopped."""
STAGES = (*SECONDS, "diarize")
DIARIZE_SECONDS = 15.0
"""What diarize works on five minutes."""
DEFAULTS = {stage: FUNCTIONS[stage].max_instances for stage in STAGES}
FORMER = {"prepare": 5, "transcribe": 10, "align": 10, "diarize": 10, "finalize": 5}
OTHERS = ("reconcile", "gateway", "notify")
"""Of these one instance is up all the while."""
SIZES = ((300, 1), (2_000, 1), (200, 12))
"""Recordings at once, and the chunks of five minutes that each has."""


@dataclass
class Quota:
    """What is left of a project's quota, and the instances that hold the rest."""

    most: Mapping[str, int]
    cpu: float = CPU
    gib: float = GIB
    instances: dict[str, int] = field(default_factory=dict)
    idle_since: dict[str, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.instances = dict.fromkeys(self.most, 0)
        self.idle_since = {function: [] for function in self.most}
        for function in OTHERS:
            self.hold(function, 1)

    def hold(self, function: str, instances: int) -> None:
        """Take the share of so many instances. A negative number gives it back."""
        resources = FUNCTIONS[function].resources
        self.cpu -= instances * resources.cpu
        self.gib -= instances * resources.memory_gib

    def stop_idle(self, now: float) -> None:
        for function, times in self.idle_since.items():
            kept = [time for time in times if now - time < IDLE_SECONDS]
            stopped = len(times) - len(kept)
            self.idle_since[function] = kept
            self.instances[function] -= stopped
            self.hold(function, -stopped)

    def take(self, function: str, now: float) -> bool:
        """Returns whether an instance is idle, or a further one can start. It is busy then."""
        self.stop_idle(now)
        if self.idle_since[function]:
            self.idle_since[function].pop()
            return True
        resources = FUNCTIONS[function].resources
        has_room = self.cpu >= resources.cpu and self.gib >= resources.memory_gib
        if self.instances[function] >= self.most[function] or not has_room:
            return False
        self.instances[function] += 1
        self.hold(function, 1)
        return True


@dataclass
class QuotaDrain(Drain):
    """Recordings from upload to answer, with diarize beside transcribe. No event is lost."""

    quota: Quota = field(default_factory=lambda: Quota(DEFAULTS))
    diarized: set[int] = field(default_factory=set)

    def sweep(self, now: float) -> None:
        """reconcile has nothing to do."""

    def take(self, event: Event) -> bool:
        return self.quota.take(event.stage, event.time)

    def release(self, event: Event) -> None:
        self.quota.idle_since[event.stage].append(event.time)

    def work(self, event: Event) -> float:
        if event.stage != "diarize":
            return super().work(event)
        chunks = self.recordings[event.recording].chunks
        return chunks * DIARIZE_SECONDS * self.dice.uniform(0.7, 1.3)

    def go_on(self, event: Event) -> None:
        if event.stage == "prepare":
            self.push(event.time, event.recording, "diarize")
        if event.stage == "diarize":
            self.diarized.add(event.recording)
            self.finalize_if_all_is_done(event)
        else:
            super().go_on(event)

    def finalize_if_all_is_done(self, event: Event) -> None:
        recording = self.recordings[event.recording]
        if recording.done == recording.chunks and event.recording in self.diarized:
            self.push(event.time, event.recording, "finalize")


def drained(most: Mapping[str, int], uploads: int, chunks: int) -> dict[str, Any]:
    """Returns when recordings that come within a minute have their answers."""
    dice = random.Random(2)
    recordings = [Recording(dice.uniform(0, 60), chunks) for _ in range(uploads)]
    drain = QuotaDrain(Policy.of(WORKFLOW), recordings, quota=Quota(most))()
    answered = sorted(recording.answered or 0.0 for recording in recordings)
    return {
        "uploads": uploads,
        "minutes_of_each": 5 * chunks,
        "minutes_until_the_first": round(answered[0] / 60, 1),
        "hours_until_a_tenth": round(answered[uploads // 10] / 3600, 2),
        "hours_until_half": round(answered[uploads // 2] / 3600, 2),
        "hours_until_all": round(answered[-1] / 3600, 2),
        "calls_refused_each": round(drain.refused / uploads, 1),
    }


if __name__ == "__main__":
    figures = {
        name: [drained(most, *size) for size in SIZES]
        for name, most in (("defaults", DEFAULTS), ("former", FORMER))
    }
    keep("quota", {"instances": {"defaults": DEFAULTS, "former": FORMER}, **figures})
