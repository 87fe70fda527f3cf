"""Progress counts the parts that the current run has done, and estimates what is left."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from functions.gateway.job_progress import progress_of
from shared.jobs.job import Job, JobState
from shared.jobs.stage_record import StageRecord
from shared.model.api import Progress
from shared.model.contracts import Source
from shared.model.options import Options

BEGUN = datetime(2026, 11, 28, 12, tzinfo=UTC)


def job(state: JobState = "running", chunks: int | None = 4, spans: int | None = 2) -> Job:
    """Returns a job whose second run has claimed it at BEGUN."""
    source = Source(bucket="b", name="a.wav", generation=1)
    return Job(
        job_id=source.job_id,
        source=source,
        run=2,
        execution="e",
        state=state,
        created=BEGUN,
        updated=BEGUN,
        expires=BEGUN,
        claimed=BEGUN,
        chunks=chunks,
        spans=spans,
    )


def record(
    stage: str,
    part: int = 0,
    seconds: float | None = 10.0,
    *,
    after: float = 1.0,
    reused: bool = False,
) -> StageRecord:
    """Returns the record of a part that was done so many seconds after the run began."""
    updated = BEGUN + timedelta(seconds=after)
    return StageRecord(
        key=f"{stage}-{part}-{after}",
        stage=stage,
        part=part,
        state="running" if seconds is None else "done",
        attempts=1,
        owner="o",
        lease_until=updated,
        started=updated,
        updated=updated,
        expires=updated,
        seconds=seconds,
        reused=reused,
    )


def after(seconds: float, *records: StageRecord, of: Job | None = None) -> Progress:
    """Returns the progress so many seconds after the run began."""
    now = BEGUN + timedelta(seconds=seconds)
    return progress_of(of or job(), Options(), records, now)


def counts(progress: Progress) -> Mapping[str, tuple[int, int | None]]:
    return {stage.stage: (stage.done, stage.of) for stage in progress.stages}


def test_parts_are_counted_by_stage() -> None:
    records = [record("prepare"), record("transcribe", 0), record("transcribe", 2)]
    unfinished = record("transcribe", 1, None)
    assert counts(after(60, *records, unfinished)) == {
        "prepare": (1, 1),
        "detect": (0, 1),
        "transcribe": (2, 4),
        "align": (0, 4),
        "diarize": (0, 2),
        "finalize": (0, 1),
    }


def test_the_number_of_parts_is_unknown_until_the_recording_is_cut() -> None:
    progress = after(60, of=job(chunks=None, spans=None))
    assert counts(progress)["prepare"] == (0, 1)
    assert counts(progress)["transcribe"] == (0, None)


def test_a_stage_that_the_options_make_needless_is_left_out() -> None:
    options = Options(language="en", diarize=False)
    stages = counts(progress_of(job(), options, [], BEGUN))
    assert list(stages) == ["prepare", "transcribe", "align", "finalize"]


def test_parts_of_an_earlier_run_count_only_if_they_were_used_again() -> None:
    stale = record("transcribe", 0, after=-100.0)
    reused = record("align", 1, after=1.0, reused=True)
    stages = counts(after(60, stale, reused))
    assert (stages["transcribe"], stages["align"]) == ((0, 4), (1, 4))


def test_a_part_that_was_done_twice_counts_once() -> None:
    twice = record("transcribe", 0, after=1.0), record("transcribe", 0, after=2.0)
    assert counts(after(60, *twice))["transcribe"] == (1, 4)


def test_a_queued_job_has_done_nothing() -> None:
    progress = after(60, record("prepare"), of=job("queued"))
    assert (counts(progress)["prepare"], progress.share) == ((0, 1), 0)
    assert progress.eta_seconds is None


def test_the_rest_is_expected_to_take_as_long_as_was_seen() -> None:
    """Two of four chunks took ten seconds each, aligning is expected to take as much as the paces
    say, and all of it goes on as fast as so far."""
    options = Options(language="en", diarize=False)
    records = [record("prepare", 0, 1.0), record("transcribe", 0), record("transcribe", 1)]
    now = BEGUN + timedelta(seconds=21)
    progress = progress_of(job(), options, records, now)
    paces = {"prepare": 0.0033, "transcribe": 0.08, "align": 0.0099, "finalize": 0.001}
    scale = 41 / (paces["prepare"] + paces["transcribe"])
    still = 20 + (paces["align"] + paces["finalize"]) * scale
    assert progress.eta_seconds == pytest.approx(still)
    assert progress.share == pytest.approx(21 / (21 + still), abs=0.001)


def test_no_end_is_foretold_before_anything_was_computed() -> None:
    reused = record("prepare", reused=True)
    assert after(60).eta_seconds is None
    assert after(60, reused).eta_seconds is None


def test_an_end_is_never_in_the_past() -> None:
    """The clocks of two machines differ."""
    progress = after(-5, record("prepare", after=1.0))
    assert progress.eta_seconds == 0


@pytest.mark.parametrize("state", ["running", "failed", "cancelled", "retryable"])
def test_only_a_done_job_is_all_done(state: JobState) -> None:
    records = [record("prepare"), record("detect")]
    records += [record(stage, part) for stage in ("transcribe", "align") for part in range(4)]
    records += [record("diarize", part) for part in range(2)]
    unfinished = after(600, *records, of=job(state))
    assert 0.9 < unfinished.share < 1
    done = after(600, *records, of=job("done"))
    assert (done.share, done.eta_seconds) == (1, None)
    assert counts(done)["finalize"] == (1, 1)


def test_a_stage_without_parts_is_no_work() -> None:
    silent = job(chunks=0, spans=0)
    progress = after(60, record("prepare"), record("detect"), of=silent)
    assert counts(progress)["transcribe"] == (0, 0)
    assert 0 < progress.share < 1


def test_work_that_took_no_time_tells_nothing() -> None:
    progress = after(60, record("prepare", 0, 0.0))
    assert (progress.share, progress.eta_seconds) == (0, None)
