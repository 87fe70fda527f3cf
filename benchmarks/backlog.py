"""Ten thousand uploads at once and ten instances a stage: how they drain by the workflow's own retry policy. Simulated.

    python -m benchmarks.backlog

A stage that is full answers 429 at once, as Cloud Run does when its instances have reached their maximum; the workflow
calls again after the delays of workflows/transcription.yaml. An execution whose retries are used up leaves its
recording unanswered, and reconcile starts it again: that is counted. Time is simulated, so no machine matters.
"""

import heapq
import random
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from benchmarks.machine import keep
from shared.settings import Settings

WORKFLOW = Path(__file__).parents[1] / "workflows" / "transcription.yaml"
UPLOADS = 10_000
INSTANCES = 10
SECONDS = {"prepare": 4.0, "transcribe": 25.0, "align": 20.0, "finalize": 1.0}
"""What each stage works on a recording of five minutes, on one core; diarize runs beside and takes less."""
SMALL_AFTER = 3600.0
"""When one more recording is uploaded, to see how long it waits among the others."""


@dataclass(frozen=True)
class Policy:
    retries: int
    first: float
    most: float
    multiplier: float

    @classmethod
    def of(cls, workflow: Path) -> "Policy":
        steps = yaml.safe_load(workflow.read_text())["call_stage"]["steps"]
        retry: dict[str, Any] = steps[0]["post"]["retry"]
        backoff = retry["backoff"]
        return cls(retry["max_retries"], backoff["initial_delay"], backoff["max_delay"], backoff["multiplier"])

    def delay(self, retry: int) -> float:
        return float(min(self.first * self.multiplier**retry, self.most))


@dataclass
class Queue:
    """What happens next, by time."""

    events: list[tuple[float, int, str, int, str, int]] = field(default_factory=list)
    order: "count[int]" = field(default_factory=count)

    def push(self, time: float, what: str, upload: int, stage: str, tried: int) -> None:
        heapq.heappush(self.events, (time, next(self.order), what, upload, stage, tried))


@dataclass
class Drain:
    """The simulation of one stage after the other for each upload."""

    policy: Policy
    seed: int = 1
    free: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SECONDS, INSTANCES))
    refused: int = 0
    restarted: int = 0
    answered: dict[int, float] = field(default_factory=dict)
    lost: int = 0

    def __call__(self) -> dict[str, float]:
        dice, queue, runs = random.Random(self.seed), Queue(), dict.fromkeys(range(UPLOADS + 1), 1)
        for upload in range(UPLOADS):
            queue.push(dice.uniform(0, 60), "call", upload, "prepare", 0)
        queue.push(SMALL_AFTER, "call", UPLOADS, "prepare", 0)
        while queue.events:
            now, _, what, upload, stage, tried = heapq.heappop(queue.events)
            if what == "end":
                self.end(queue, now, upload, stage)
            elif self.free[stage]:
                self.free[stage] -= 1
                queue.push(now + SECONDS[stage] * dice.uniform(0.7, 1.3), "end", upload, stage, 0)
            elif tried < self.policy.retries:
                self.refused += 1
                queue.push(now + self.policy.delay(tried), "call", upload, stage, tried + 1)
            elif runs[upload] <= Settings().restarts:
                runs[upload] += 1
                self.restarted += 1
                queue.push(now + Settings().unanswered_after, "call", upload, stage, 0)  # finished stages are reused
            else:
                self.lost += 1
        return self.figures()

    def end(self, queue: Queue, now: float, upload: int, stage: str) -> None:
        self.free[stage] += 1
        stages = list(SECONDS)
        if stage == stages[-1]:
            self.answered[upload] = now
        else:
            queue.push(now, "call", upload, stages[stages.index(stage) + 1], 0)

    def figures(self) -> dict[str, float]:
        last = max(self.answered.values())
        ideal = UPLOADS * max(SECONDS.values()) / INSTANCES
        return {
            "uploads": UPLOADS,
            "instances_a_stage": INSTANCES,
            "answered": len(self.answered),
            "lost": self.lost,
            "hours_to_drain": round(last / 3600, 2),
            "of_the_least_possible": round(last / ideal, 3),
            "calls_refused_each": round(self.refused / UPLOADS, 1),
            "runs_started_again": self.restarted,
            "an_upload_an_hour_later_waits_hours": round((self.answered[UPLOADS] - SMALL_AFTER) / 3600, 2),
        }


if __name__ == "__main__":
    keep("backlog", Drain(Policy.of(WORKFLOW))())
