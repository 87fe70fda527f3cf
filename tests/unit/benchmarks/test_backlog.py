"""In a simulated backlog each upload has one execution, and a lost event is made up for in time."""

from benchmarks.backlog import SWEEP_EVERY, WORKFLOW, Drain, Policy, Recording
from shared.settings import Settings


def test_a_recording_that_waits_is_not_started_again() -> None:
    uploads = [Recording(0) for _ in range(2000)]
    drained = Drain(Policy.of(WORKFLOW), uploads)()
    assert len(drained.waits()) == len(uploads)
    assert {recording.executions for recording in drained.recordings} == {1}
    assert drained.most_active == 2000 and drained.active == 0
    assert max(drained.waits()) > 1800, "the backlog outlasts several sweeps"


def test_an_upload_whose_event_was_lost_starts_within_two_sweeps_after_its_time() -> None:
    uploads = [Recording(7, is_lost=number % 100 == 0) for number in range(1000)]
    drained = Drain(Policy.of(WORKFLOW), uploads)()
    assert len(drained.waits()) == len(uploads)
    latest = 7 + Settings().reconcile.unanswered_after + 2 * SWEEP_EVERY
    lost = [recording.started for recording in uploads if recording.is_lost]
    assert all(started is not None and started <= latest for started in lost)
