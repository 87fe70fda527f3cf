"""A lease holds for its length, attempts are counted, and only the owner changes an attempt."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.jobs.stage_record import (
    MAX_LEASE_LENGTHS,
    StageRecord,
    attempt_completed,
    attempt_started,
    attempts_forgotten,
    lease_released,
    lease_renewed,
    reused,
)
from shared.model.errors import AttemptsExhausted, StageBusy

NOW = datetime(2026, 11, 28, 6, 30, tzinfo=UTC)
EXPIRES = NOW + timedelta(days=30)
LEASE = timedelta(seconds=60)


def record(owner: str = "first", at: datetime = NOW) -> StageRecord:
    """Returns the record of a first attempt that started at that time."""
    return StageRecord(
        key="align-k",
        stage="align",
        part=3,
        state="running",
        attempts=1,
        owner=owner,
        lease_until=at + LEASE,
        started=at,
        updated=at,
        expires=EXPIRES,
    )


def test_a_first_attempt_is_written_as_it_is() -> None:
    assert attempt_started(None, record(), LEASE, 3) == record()


@pytest.mark.parametrize(
    ("seconds_later", "is_busy"),
    [(0, True), (59, True), (60, False), (-60, True), (-61, False)],
    ids=["at once", "before the end", "at the end", "a clock behind", "a clock far behind"],
)
def test_a_lease_holds_for_its_length_and_not_for_a_clock_far_ahead(
    seconds_later: int, is_busy: bool
) -> None:
    assert MAX_LEASE_LENGTHS == 2
    second = record("second", NOW + timedelta(seconds=seconds_later))
    if is_busy:
        with pytest.raises(StageBusy, match="another attempt at align"):
            attempt_started(record(), second, LEASE, 3)
    else:
        started = attempt_started(record(), second, LEASE, 3)
        assert (started.owner, started.attempts) == ("second", 2)


def test_the_owner_of_a_lease_may_start_again() -> None:
    assert attempt_started(record(), record(), LEASE, 3).attempts == 2


def test_attempts_are_exhausted_when_so_many_have_died() -> None:
    later = record("last", NOW + LEASE)
    died_twice = record().model_copy(update={"attempts": 2})
    assert attempt_started(died_twice, later, LEASE, 3).attempts == 3
    died_thrice = record().model_copy(update={"attempts": 3})
    with pytest.raises(AttemptsExhausted, match="align died 3 times at part 3"):
        attempt_started(died_thrice, later, LEASE, 3)
    failed = died_thrice.model_copy(update={"state": "failed"})
    assert attempt_started(failed, later, LEASE, 3).attempts == 4, "it failed, but did not die"


def test_only_the_owner_changes_a_running_attempt() -> None:
    later = NOW + timedelta(seconds=15)
    renewed = lease_renewed(record(), "first", later, LEASE)
    assert renewed is not None and renewed.lease_until == later + LEASE
    completed = attempt_completed(record(), "first", later, 1.23456)
    assert completed is not None and (completed.state, completed.seconds) == ("done", 1.235)
    for other in (None, record("other"), completed):
        assert lease_renewed(other, "first", later, LEASE) is None
        assert lease_released(other, "first", later, counted=True) is None
        assert attempt_completed(other, "first", later, 1.0) is None


@pytest.mark.parametrize(("counted", "attempts"), [(True, 1), (False, 0)])
def test_a_failure_that_may_pass_is_not_counted(counted: bool, attempts: int) -> None:
    released = lease_released(record(), "first", NOW, counted=counted)
    assert released is not None and (released.state, released.attempts) == ("failed", attempts)


def test_a_reused_result_keeps_the_record_of_its_attempts() -> None:
    unattempted = record("").model_copy(update={"state": "done", "attempts": 0})
    known = reused(record(), unattempted, NOW)
    assert (known.state, known.reused, known.attempts) == ("done", True, 1)
    unknown = reused(None, unattempted, NOW)
    assert (unknown.state, unknown.reused, unknown.attempts) == ("done", True, 0)


def test_attempts_are_forgotten_unless_the_stage_is_done() -> None:
    forgotten = attempts_forgotten(record())
    assert forgotten is not None and forgotten.attempts == 0
    assert attempts_forgotten(record().model_copy(update={"state": "done"})) is None
    assert attempts_forgotten(None) is None
