"""A simulated backlog starts at most two executions for each upload, and answers all of them."""

from benchmarks.backlog import WORKFLOW, Drain, Policy, Recording


def test_reconcile_starts_at_most_one_execution_for_a_recording_that_waits() -> None:
    uploads = [Recording(0) for _ in range(2000)]
    drained = Drain(Policy.of(WORKFLOW), uploads)()
    executions = [recording.executions for recording in drained.recordings]
    assert len(drained.waits()) == len(uploads)
    assert max(executions) == 2, "the event's, and one of reconcile"
    assert max(drained.waits()) > 1800, "the backlog outlasts several sweeps"
