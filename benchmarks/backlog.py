"""How recordings wait for each other on Google, where nobody queues and a full stage is called
again. Simulated.

    python -m benchmarks.backlog

Up to ten thousand uploads at once; and short recordings beside some of twelve hours. Each stage has
the instances that Terraform gives it. A stage that is full answers 429 at once, as Cloud Run does
when its instances have reached their maximum; the workflow calls again after the delays of
workflows/transcription.yaml. An execution whose retries are used up leaves its recording
unanswered, and reconcile starts it again: that is counted. reconcile sweeps all the while: it
starts an execution for a recording of a while ago that has none, as the event of one upload in a
thousand is lost here. Time is simulated, so no machine matters.
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
SECONDS = {"prepare": 1.0, "transcribe": 25.0, "align": 3.0, "finalize": 1.0}
"""What each stage works on five minutes, on one core (shared/model/stages.py); diarize runs beside
and takes as long as transcribe on its instances. finalize takes no longer for more."""
INSTANCES = {stage: FUNCTIONS[stage].max_instances for stage in SECONDS}
SWEEP_EVERY = 300.0
"""Seconds between two sweeps of reconcile."""
SIZES = ((1_000, 12), (2_000, 1), (10_000, 1))
"""Uploads at once, and the chunks of five minutes that each has."""
LARGEST = (10_000, 12)
"""Of these only prepare is simulated: the other stages take 83 hours."""
LOST = 1000
"""Of so many uploads the event of one is lost."""
USD_PER_REFUSED_CALL = 0.00003
"""Three steps of the workflow and a request (docs/cost.md)."""
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
    is_lost: bool = False
    """Whether the upload's event was lost."""
    started: float | None = None
    """When its first execution was started."""
    executions: int = 0


@dataclass(frozen=True)
class Event:
    """A call, or the end of the work it led to; a call of reconcile is a sweep."""

    time: float
    recording: int
    stage: str
    refused: int = 0
    ends: bool = False


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
    ends_with: str = "finalize"
    """Name of the last stage."""
    active: int = 0
    """Executions that have not ended."""
    most_active: int = 0

    def __call__(self) -> "Drain":
        for number, recording in enumerate(self.recordings):
            if not recording.is_lost:
                self.push(recording.at, number, "upload")
        self.push(SWEEP_EVERY, 0, "reconcile")
        while self.events:
            event = heapq.heappop(self.events)[2]
            if event.stage == "reconcile":
                self.sweep(event.time)
            elif event.stage == "upload":
                self.start(event.recording, event.time)
            elif event.ends:
                self.release(event)
                self.go_on(event)
            elif self.take(event):
                self.begin(event)
            else:
                self.refuse(event)
        return self

    def push(self, time: float, recording: int, stage: str, refused: int = 0) -> None:
        self.add(Event(time, recording, stage, refused))

    def add(self, event: Event) -> None:
        heapq.heappush(self.events, (event.time, next(self.order), event))

    def take(self, event: Event) -> bool:
        """Returns whether an instance of the stage is free. It is busy then."""
        if not self.free[event.stage]:
            return False
        self.free[event.stage] -= 1
        return True

    def release(self, event: Event) -> None:
        """Frees the instance whose work has ended."""
        self.free[event.stage] += 1

    def begin(self, event: Event) -> None:
        """Starts the work of a call that found a free instance."""
        end = event.time + self.work(event)
        self.add(Event(end, event.recording, event.stage, ends=True))

    def start(self, number: int, now: float) -> None:
        """Starts the first execution of a recording, which lasts until the answer."""
        recording = self.recordings[number]
        recording.started = now
        recording.executions += 1
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        self.push(now, number, "prepare")

    def sweep(self, now: float) -> None:
        """Starts recordings that were uploaded a while ago and have no execution."""
        uploaded_before = now - Settings().reconcile.unanswered_after
        starts = 0
        for number, recording in enumerate(self.recordings):
            is_due = recording.at <= uploaded_before and recording.started is None
            if is_due and starts < MAX_STARTS:
                starts += 1
                self.start(number, now)
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
        recording = self.recordings[event.recording]
        recording.runs += 1  # finished stages are reused
        recording.executions += 1
        self.push(event.time + Settings().reconcile.unanswered_after, event.recording, event.stage)

    def go_on(self, event: Event) -> None:
        recording = self.recordings[event.recording]
        if event.stage == self.ends_with:
            recording.answered = event.time
            self.active -= 1
        elif event.stage == "prepare":
            for _ in range(min(self.at_once, recording.chunks)):
                self.next_chunk(event)
        elif event.stage == "transcribe":
            self.push(event.time, event.recording, "align")
        elif event.stage == "align":
            recording.done += 1
            self.next_chunk(event)
            self.finalize_if_all_is_done(event)

    def finalize_if_all_is_done(self, event: Event) -> None:
        recording = self.recordings[event.recording]
        if recording.done == recording.chunks:
            self.push(event.time, event.recording, "finalize")

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


def backlog(
    policy: Policy, uploads: int, chunks: int, ends_with: str = "finalize"
) -> dict[str, Any]:
    dice = random.Random(2)
    recordings = [
        Recording(dice.uniform(0, 60), chunks, is_lost=number % LOST == 0)
        for number in range(uploads)
    ]
    later = Recording(LATER)
    drained = Drain(policy, [*recordings, later], ends_with=ends_with)()
    waits, last = drained.waits(), max(one.answered or 0 for one in drained.recordings)
    executions = [one.executions for one in drained.recordings]
    runs = [one.runs for one in drained.recordings]
    late = [one.started - one.at for one in recordings if one.is_lost and one.started]
    return {
        "uploads": uploads,
        "minutes_of_each": 5 * chunks,
        "until_the_end_of": ends_with,
        "answered": len(waits),
        "given_up": sum(run > Settings().reconcile.restarts + 1 for run in runs),
        "hours_to_drain": round(last / 3600, 2),
        "of_the_least_possible": round(last / least_seconds(uploads, chunks, ends_with), 3),
        "hours_half_have_waited": round(median(waits) / 3600, 2),
        "executions_each": round(sum(executions) / len(executions), 3),
        "executions_of_one_at_most": max(executions),
        "active_at_most": drained.most_active,
        "calls_refused_each": round(drained.refused / uploads, 1),
        "usd_of_refused_calls": round(drained.refused * USD_PER_REFUSED_CALL, 2),
        "runs_started_again": sum(runs) - len(runs),
        "lost_events": len(late),
        "a_lost_one_starts_after_seconds_at_most": round(max(late)),
        "an_upload_an_hour_later_waits_hours": round(waits[-1] / 3600, 2),
    }


def least_seconds(uploads: int, chunks: int, ends_with: str) -> float:
    """Returns how long the stage with the fewest instances for its work takes at least."""
    seconds = {stage: each * chunks for stage, each in SECONDS.items()}
    seconds["finalize"] = SECONDS["finalize"]
    stages = [ends_with] if ends_with == "prepare" else list(SECONDS)
    return max(uploads * seconds[stage] / INSTANCES[stage] for stage in stages)


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
    sizes = [backlog(chosen, uploads, chunks) for uploads, chunks in SIZES]
    sizes.append(backlog(chosen, *LARGEST, ends_with="prepare"))
    kept = {"instances": INSTANCES, "at_once": sizes, "short_ones_beside_long_ones": beside}
    keep("backlog", kept)
