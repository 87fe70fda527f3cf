"""How recordings wait for each other on Google, where nobody queues and a full stage is called
again. Simulated.

    python -m benchmarks.backlog

Ten thousand uploads at once; and short recordings beside some of twelve hours. Each stage has the
instances that Terraform gives it. A stage that is full answers 429 at once, as Cloud Run does when
its instances have reached their maximum; the workflow calls again after the delays of
workflows/transcription.yaml. An execution whose retries are used up leaves its recording
unanswered, and reconcile starts it again: that is counted. reconcile sweeps all the while: it
starts an execution of its own for a recording that none has claimed in time, once, since the job is
`queued` from then on. Time is simulated, so no machine matters.
"""

import heapq
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from benchmarks.machine import keep
from functions.reconcile.starts import MAX_STARTS
from shared.model.stages import FUNCTIONS
from shared.settings import Settings

WORKFLOW = Path(__file__).parents[1] / "workflows" / "transcription.yaml"
SECONDS = {"prepare": 4.0, "transcribe": 25.0, "align": 3.0, "finalize": 1.0}
"""What each stage works on five minutes, on one core; diarize runs beside and takes less. finalize
takes no longer for more."""
INSTANCES = {stage: FUNCTIONS[stage].max_instances for stage in SECONDS}
DUPLICATE = 0.2
"""Seconds in which prepare finds that another execution has claimed the recording."""
SWEEP_EVERY = 300.0
"""Seconds between two sweeps of reconcile."""
UPLOADS = 10_000
LATER = 3600.0
"""When one more recording is uploaded, to see how long it waits among the others."""
LONG = 144
"""Chunks of a recording of twelve hours."""
EVERY = 10.0
"""Seconds between short recordings beside the long one."""


@dataclass(frozen=True)
class Backoff:
    retries: int
    first: float
    most: float
    multiplier: float

    @classmethod
    def of(cls, retry: dict[str, Any]) -> "Backoff":
        backoff = retry["backoff"]
        return cls(
            retry["max_retries"],
            backoff["initial_delay"],
            backoff["max_delay"],
            backoff["multiplier"],
        )

    def delay(self, retry: int) -> float:
        return float(min(self.first * self.multiplier**retry, self.most))


@dataclass(frozen=True)
class Policy:
    """First it calls again soon, then, after a pause that is drawn, patiently."""

    soon: Backoff
    pause: float
    patient: Backoff

    @classmethod
    def of(cls, workflow: Path) -> "Policy":
        soon = yaml.safe_load(workflow.read_text())["call_stage"]["steps"][0]["post_soon"]
        handler = {name: step for steps in soon["except"]["steps"] for name, step in steps.items()}
        pause = re.search(r"% (\d+)", handler["part_ways"]["args"]["seconds"])
        assert pause is not None
        return cls(
            Backoff.of(soon["retry"]),
            float(pause[1]),
            Backoff.of(handler["post_patiently"]["retry"]),
        )

    def delay(self, refusals: int, dice: random.Random) -> float | None:
        """Seconds until the next call after so many that were refused; None: no more."""
        if refusals <= self.soon.retries:
            return self.soon.delay(refusals - 1)
        if (late := refusals - self.soon.retries - 1) == 0:
            return dice.uniform(0, self.pause)
        return self.patient.delay(late - 1) if late <= self.patient.retries else None


@dataclass
class Recording:
    at: float
    chunks: int = 1
    runs: int = 1
    begun: int = 0
    """Chunks of which transcribe was or is called."""
    done: int = 0
    answered: float | None = None
    executions: int = 1
    claimed: bool = False
    queued: bool = False
    """Whether reconcile started an execution and recorded it in the job."""


@dataclass(frozen=True)
class Event:
    """A call, or the end of the work it led to; a call of reconcile is a sweep."""

    time: float
    recording: int
    stage: str
    refused: int = 0
    ends: bool = False
    duplicate: bool = False
    """Whether another execution had claimed the recording."""


@dataclass
class Drain:
    """All recordings from upload to answer. A recording's chunks go through transcribe and align,
    some at once."""

    policy: Policy
    recordings: list[Recording]
    dice: random.Random = field(default_factory=lambda: random.Random(1))
    free: dict[str, int] = field(default_factory=lambda: dict(INSTANCES))
    events: list[tuple[float, int, Event]] = field(default_factory=list)
    """With time and order of arrival, by which they are sorted."""
    order: Iterator[int] = field(default_factory=count)
    refused: int = 0
    at_once: int = 12
    """Chunks of one recording: the workflow's concurrency_limit."""

    def __call__(self) -> "Drain":
        for number, recording in enumerate(self.recordings):
            self.push(recording.at, number, "prepare")
        self.push(SWEEP_EVERY, 0, "reconcile")
        while self.events:
            event = heapq.heappop(self.events)[2]
            if event.stage == "reconcile":
                self.sweep(event.time)
            elif event.ends:
                self.free[event.stage] += 1
                if not event.duplicate:
                    self.go_on(event)
            elif self.free[event.stage]:
                self.free[event.stage] -= 1
                self.begin(event)
            else:
                self.refuse(event)
        return self

    def push(self, time: float, recording: int, stage: str, refused: int = 0) -> None:
        self.add(Event(time, recording, stage, refused))

    def add(self, event: Event) -> None:
        heapq.heappush(self.events, (event.time, next(self.order), event))

    def begin(self, event: Event) -> None:
        """Starts the work of a call that found a free instance."""
        recording = self.recordings[event.recording]
        is_duplicate = event.stage == "prepare" and recording.claimed
        recording.claimed = True
        seconds = DUPLICATE if is_duplicate else self.work(event)
        end = event.time + seconds
        self.add(Event(end, event.recording, event.stage, ends=True, duplicate=is_duplicate))

    def sweep(self, now: float) -> None:
        """Starts recordings that were uploaded a while ago, and that no execution has claimed or
        was started by an earlier sweep to claim."""
        uploaded_before = now - Settings().reconcile.unanswered_after
        starts = 0
        for number, recording in enumerate(self.recordings):
            is_due = recording.at <= uploaded_before
            if is_due and not recording.claimed and not recording.queued and starts < MAX_STARTS:
                starts += 1
                recording.queued = True
                recording.executions += 1
                self.push(now, number, "prepare")
        if any(recording.answered is None for recording in self.recordings):
            self.push(now + SWEEP_EVERY, 0, "reconcile")

    def work(self, event: Event) -> float:
        fives = self.recordings[event.recording].chunks if event.stage == "prepare" else 1
        return fives * SECONDS[event.stage] * self.dice.uniform(0.7, 1.3)

    def refuse(self, event: Event) -> None:
        self.refused += 1
        delay = self.policy.delay(event.refused + 1, self.dice)
        if delay is not None:
            self.push(event.time + delay, event.recording, event.stage, event.refused + 1)
            return
        self.recordings[event.recording].runs += 1  # finished stages are reused
        self.push(event.time + Settings().reconcile.unanswered_after, event.recording, event.stage)

    def go_on(self, event: Event) -> None:
        recording = self.recordings[event.recording]
        if event.stage == "prepare":
            for _ in range(min(self.at_once, recording.chunks)):
                self.next_chunk(event)
        elif event.stage == "transcribe":
            self.push(event.time, event.recording, "align")
        elif event.stage == "align":
            recording.done += 1
            self.next_chunk(event)
            if recording.done == recording.chunks:
                self.push(event.time, event.recording, "finalize")
        else:
            recording.answered = event.time

    def next_chunk(self, event: Event) -> None:
        recording = self.recordings[event.recording]
        if recording.begun < recording.chunks:
            recording.begun += 1
            self.push(event.time, event.recording, "transcribe")

    def waits(self) -> list[float]:
        """Seconds from upload to answer."""
        return [
            recording.answered - recording.at
            for recording in self.recordings
            if recording.answered is not None
        ]


def backlog(policy: Policy) -> dict[str, Any]:
    dice = random.Random(2)
    uploads = [Recording(dice.uniform(0, 60)) for _ in range(UPLOADS)]
    drained = Drain(policy, [*uploads, Recording(LATER)])()
    waits, last = drained.waits(), max(recording.answered or 0 for recording in drained.recordings)
    runs = [recording.runs for recording in drained.recordings]
    executions = (
        sum(recording.executions for recording in drained.recordings) + sum(runs) - len(runs)
    )
    return {
        "uploads": UPLOADS,
        "instances": INSTANCES,
        "answered": len(waits),
        "given_up": sum(run > Settings().reconcile.restarts + 1 for run in runs),
        "hours_to_drain": round(last / 3600, 2),
        "of_the_least_possible": round(last / least_seconds(UPLOADS), 3),
        "hours_half_have_waited": round(median(waits) / 3600, 2),
        "calls_refused_each": round(drained.refused / UPLOADS, 1),
        "runs_started_again": sum(runs) - len(runs),
        "executions_each": round(executions / len(runs), 2),
        "an_upload_an_hour_later_waits_hours": round(waits[-1] / 3600, 2),
    }


def least_seconds(uploads: int) -> float:
    """Returns how long the stage with the fewest instances for its work takes at least."""
    return max(uploads * SECONDS[stage] / INSTANCES[stage] for stage in SECONDS)


def beside_long_ones(policy: Policy, count: int) -> dict[str, float]:
    """Short recordings with `count` of twelve hours among them, and without."""
    alone = max(Drain(policy, long_ones(count))().waits())
    arrivals = [number * EVERY for number in range(int(alone / EVERY))]
    undisturbed = Drain(policy, [Recording(at) for at in arrivals])().waits()
    waits = Drain(policy, [*long_ones(count), *map(Recording, arrivals)])().waits()
    long, short = waits[:count], sorted(waits[count:])
    return {
        "of_twelve_hours": count,
        "short_recordings": len(short),
        "a_short_one_takes_seconds_without_them": round(median(undisturbed), 1),
        "half_take_seconds_beside_them": round(median(short), 1),
        "nine_of_ten_take_seconds_beside_them": round(short[int(0.9 * len(short))], 1),
        "the_slowest_takes_seconds_beside_them": round(short[-1], 1),
        "twelve_hours_take_minutes_alone": round(alone / 60, 1),
        "twelve_hours_take_minutes_beside_the_short_ones": round(max(long) / 60, 1),
    }


def long_ones(count: int) -> list[Recording]:
    return [Recording(0, LONG) for _ in range(count)]


if __name__ == "__main__":
    chosen = Policy.of(WORKFLOW)
    beside = [beside_long_ones(chosen, count) for count in (1, 2, 5)]
    keep("backlog", {**backlog(chosen), "short_ones_beside_long_ones": beside})
