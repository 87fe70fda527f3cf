"""A request to a stage: its lease, its attempts and its duration, and the functions that change it.

All functions return the new record, or None if nothing is to be written.
"""

from datetime import datetime, timedelta
from typing import Literal

from shared.jobs.job import StoredModel
from shared.model.errors import AttemptsExhausted, StageBusy

MAX_LEASE_LENGTHS = 2
"""A lease that ends later than this many lease lengths from now was written by a clock that was
ahead, and does not hold. Above 1 because the clocks of two machines differ a little."""


class StageRecord(StoredModel):
    """One request to a stage: its lease, its attempts and its duration."""

    key: str
    """Stage and cache key: the same for every attempt at the same request."""
    stage: str
    part: int
    state: Literal["running", "done", "failed"]
    attempts: int
    owner: str
    """Identifies the attempt that holds the lease."""
    lease_until: datetime
    started: datetime
    updated: datetime
    expires: datetime
    seconds: float | None = None
    """Duration of the attempt that succeeded."""
    reused: bool = False
    """Whether a later run used the cached result."""

    @property
    def cache_key(self) -> str:
        """Returns the key under which the stage's result is stored."""
        return self.key.removeprefix(f"{self.stage}-")

    def is_leased(self, now: datetime, lease: timedelta) -> bool:
        """Returns whether an attempt holds a lease that has not run out."""
        if self.state != "running":
            return False
        remaining = self.lease_until - now
        longest = MAX_LEASE_LENGTHS * lease
        return timedelta() < remaining <= longest

    def is_held_by(self, owner: str) -> bool:
        """Returns whether `owner` is the attempt at work. A lease that was lost stays lost."""
        if self.state != "running":
            return False
        return self.owner == owner


def attempt_started(
    record: StageRecord | None, first: StageRecord, lease: timedelta, max_attempts: int
) -> StageRecord:
    """Returns the record with one more attempt, whose owner is that of `first`.

    `first` is the record as a first attempt would write it. Raises StageBusy while another owner
    holds the lease, and AttemptsExhausted if `max_attempts` attempts have died.
    """
    if record is None:
        return first
    stage = first.stage
    if record.owner != first.owner and record.is_leased(first.started, lease):
        raise StageBusy(f"another attempt at {stage} holds the lease")
    attempts = record.attempts
    has_died = record.state == "running"
    if has_died and attempts >= max_attempts:
        raise AttemptsExhausted(f"{stage} died {attempts} times at part {first.part}")
    return first.model_copy(update={"attempts": attempts + 1})


def lease_renewed(
    record: StageRecord | None, owner: str, now: datetime, lease: timedelta
) -> StageRecord | None:
    """Returns the record with the lease of `owner` renewed."""
    if record is None or not record.is_held_by(owner):
        return None
    changes = {"lease_until": now + lease, "updated": now}
    return record.model_copy(update=changes)


def lease_released(
    record: StageRecord | None, owner: str, now: datetime, *, counted: bool
) -> StageRecord | None:
    """Returns the record without the lease of `owner`, after a failure. One that may pass is not
    counted as an attempt."""
    if record is None or not record.is_held_by(owner):
        return None
    attempts = record.attempts if counted else record.attempts - 1
    changes = {
        "state": "failed",
        "attempts": attempts,
        "updated": now,
    }
    return record.model_copy(update=changes)


def attempt_completed(
    record: StageRecord | None, owner: str, now: datetime, seconds: float
) -> StageRecord | None:
    """Returns the record as done by `owner` in so many seconds."""
    if record is None or not record.is_held_by(owner):
        return None
    changes = {
        "state": "done",
        "seconds": round(seconds, 3),
        "updated": now,
    }
    return record.model_copy(update=changes)


def reused(record: StageRecord | None, unattempted: StageRecord, now: datetime) -> StageRecord:
    """Returns the record as done and reused. Without a record, `unattempted` is marked instead."""
    known = record or unattempted
    changes = {"state": "done", "reused": True, "updated": now}
    return known.model_copy(update=changes)


def attempts_forgotten(record: StageRecord | None) -> StageRecord | None:
    """Returns the record with no attempts counted, unless the stage is done."""
    if record is None or record.state == "done":
        return None
    return record.model_copy(update={"attempts": 0})
