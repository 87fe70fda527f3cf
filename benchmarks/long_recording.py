"""A recording of many hours and eight people on the one-machine cloud, with a kill in the middle.

    python -m benchmarks.long_recording [--hours 12] [--data FOLDER]

The recording is composed, so that its words and its speakers are known; without `--data` of the
Debian packages that `make eval` downloads, with it of the people of an evaluation folder. It is cut
as on Google Cloud. Once half of its chunks are transcribed, every process of transcribe is killed;
no part that was finished by then may be computed again. `benchmarks.long_simulated` computes from
the result what the recording takes on Google Cloud. It takes hours.
"""

import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import psutil

from benchmarks.evaluation.result import Result
from benchmarks.evaluation.speaker_measures import diarization_errors
from benchmarks.evaluation.systems import of_transcript
from benchmarks.evaluation.word_measures import word_errors, written
from benchmarks.long_audio import LongRecording, compose, people
from benchmarks.long_memory import MemorySample, peaks, take_sample, timeline
from benchmarks.machine import keep
from local.layout import INBOX, PROCESSES
from shared.jobs.job import Job
from shared.jobs.stage_record import StageRecord
from shared.model.contracts import Source
from tests.support.cloud import Cloud

AS_ON_GOOGLE = {"DROPSCRIBE_CHUNK_SECONDS": "300", "DROPSCRIBE_SPAN_SECONDS": "1200"}
OPTIONS = {"language": "multi"}
"""Of a recording whose people speak several languages."""
PATIENCE = 3.0
"""Seconds in which a second of audio must be done."""
EXTRA = 600.0
"""Further seconds in which the recording must be done."""
POLL_SECONDS = 5.0
KILLED = "transcribe"


@dataclass
class Course:
    """What was seen of the job while it ran."""

    source: Source
    memory: list[MemorySample] = field(default_factory=list)
    killed_after: float | None = None
    """Seconds from the upload to the kill; None: the job had ended before."""
    at_the_kill: tuple[StageRecord, ...] = ()
    records: tuple[StageRecord, ...] = ()
    """At the end."""
    wall: float = 0.0
    """Seconds from the upload to the answer."""
    finalize_seconds: float = 0.0
    """From the end of the last other stage to the end of the job: finalize has no record."""


@click.command()
@click.option("--hours", default=12.0, show_default=True, help="Length of the recording.")
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of an evaluation (see README.md) with the people's recordings.",
)
def main(hours: float, data: Path | None) -> None:
    """Transcribes a long recording and kills transcribe in the middle."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        speaking = people(data)
        began = time.monotonic()
        recording = compose(speaking, hours * 3600, folder / "long.ogg")
        composed = time.monotonic() - began
        figures = measure(recording, folder / "cloud", AS_ON_GOOGLE)
    figures["composing_seconds"] = round(composed)
    keep("long_recording", figures)


def measure(recording: LongRecording, home: Path, environment: Mapping[str, str]) -> dict[str, Any]:
    """Returns the figures of the recording, on a cloud of its own in the folder `home`."""
    cloud = Cloud(home, environment)
    truth = recording.truth
    options = OPTIONS if truth.language is None else {}
    try:
        cloud.up()
        course, transcript = run(cloud, truth.audio, options, EXTRA + PATIENCE * truth.seconds)
    finally:
        cloud.down()
    return report(recording, course, transcript)


def run(
    cloud: Cloud, audio: Path, options: Mapping[str, str], timeout: float
) -> tuple[Course, dict[str, Any]]:
    """Uploads the recording, kills transcribe in the middle, and returns the transcript."""
    blob = cloud.client.bucket(INBOX).blob(audio.name)
    blob.metadata = dict(options)
    blob.upload_from_filename(str(audio))
    source = Source(bucket=INBOX, name=audio.name, generation=blob.generation)
    course = Course(source)
    began = time.monotonic()
    while cloud.commit_mark(source) is None:
        seconds = time.monotonic() - began
        assert seconds < timeout, f"no answer after {timeout:.0f} s"
        course.memory.append(take_sample(cloud, PROCESSES, seconds))
        if course.killed_after is None and is_half_done(cloud, source):
            course.at_the_kill = tuple(cloud.jobs.records.of_job(source.job_id))
            kill(cloud)
            course.killed_after = seconds
        time.sleep(POLL_SECONDS)
    transcript = cloud.answer(source).transcript
    course.wall = time.monotonic() - began
    course.records = tuple(cloud.jobs.records.of_job(source.job_id))
    course.finalize_seconds = seconds_of_finalize(cloud.job(source), course.records)
    return course, transcript


def seconds_of_finalize(job: Job, records: Sequence[StageRecord]) -> float:
    assert job.ended is not None
    last = max(record.updated for record in records)
    return (job.ended - last).total_seconds()


def is_half_done(cloud: Cloud, source: Source) -> bool:
    """Returns whether half of the chunks are transcribed, and one is being transcribed now."""
    job = cloud.jobs.find(source.job_id)
    if job is None or job.chunks is None:
        return False
    states = []
    for record in cloud.jobs.records.of_job(source.job_id):
        if record.stage == KILLED:
            states.append(record.state)
    return states.count("done") >= job.chunks / 2 and "running" in states


def kill(cloud: Cloud) -> None:
    """Kills every process of transcribe at once."""
    for process in cloud.processes(KILLED):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def report(
    recording: LongRecording, course: Course, transcript: Mapping[str, Any]
) -> dict[str, Any]:
    """Returns the figures of a recording that was transcribed."""
    truth = recording.truth
    result = of_transcript({"transcript": transcript, "wall": course.wall})
    return {
        "audio_hours": round(truth.seconds / 3600, 3),
        "wall_hours": round(course.wall / 3600, 3),
        "audio_bytes": truth.audio.stat().st_size,
        "words_spoken": recording.words,
        "words_in_the_transcript": len(result.words),
        "segments": len(transcript["segments"]),
        **told(transcript),
        "transcript_bytes": len(json.dumps(transcript)),
        **rates(recording, result),
        "kill": kill_figures(course),
        "peak_mib": peaks(course.memory),
        "memory": timeline(course.memory),
        "stage_seconds": {
            **stage_seconds(transcript),
            "finalize": [round(course.finalize_seconds, 3)],
        },
        "warnings": count_warnings(transcript),
    }


def told(transcript: Mapping[str, Any]) -> dict[str, Any]:
    """Returns how much speech has words, and what is listed of the rest."""
    quality = transcript["quality"]
    suspected = [word for suspect in quality["suspects"] for word in suspect["text"].split()]
    missed = sum(gap["end"] - gap["start"] for gap in quality["uncovered"])
    return {
        "coverage": quality["coverage"],
        "uncovered_seconds": round(missed, 1),
        "suspected_words": len(suspected),
    }


def rates(recording: LongRecording, result: Result) -> dict[str, Any]:
    """Returns the number of people, and the error rates that the truth allows."""
    truth = recording.truth
    ratios = diarization_errors(truth, result)
    if truth.language is not None and written(truth):
        ratios |= word_errors(truth, result)
    speakers = {turn.speaker for turn in result.turns}
    figures: dict[str, Any] = {"people": truth.people, "people_found": len(speakers)}
    for name, ratio in ratios.items():
        figures[name] = round(ratio.part / ratio.whole, 4)
    return figures


def kill_figures(course: Course) -> dict[str, Any]:
    """Returns what the kill cost."""
    finished = {record.key for record in course.at_the_kill if record.state == "done"}
    attempts = [record.attempts for record in course.records]
    return {
        "after_hours": None
        if course.killed_after is None
        else round(course.killed_after / 3600, 3),
        "finished_parts": len(finished),
        "parts_at_work": sum(record.state == "running" for record in course.at_the_kill),
        "finished_parts_computed_again": len(computed_again(course.at_the_kill, course.records)),
        "parts": len(course.records),
        "parts_with_a_second_attempt": sum(count > 1 for count in attempts),
    }


def computed_again(before: Sequence[StageRecord], after: Sequence[StageRecord]) -> list[str]:
    """Returns the keys of the parts that were done before, and that were then worked on again.

    An attempt changes the record's number of attempts, its duration and the time of its change.
    """
    last = {record.key: record for record in after}
    again = []
    for record in before:
        if record.state != "done":
            continue
        now = last.get(record.key)
        if now is None or work_of(now) != work_of(record):
            again.append(record.key)
    return again


def work_of(record: StageRecord) -> tuple[object, ...]:
    """Returns what an attempt at the part changes. `updated` changes with a reuse, too."""
    return record.state, record.attempts, record.owner, record.seconds


def stage_seconds(transcript: Mapping[str, Any]) -> dict[str, list[float]]:
    """Returns the seconds of each call, by stage and in the order of the parts.

    Here the processes share the cores of one machine, so that a call takes longer than alone.
    """
    calls: dict[str, dict[int, float]] = defaultdict(dict)
    for timing in transcript["timings"]["stages"]:
        calls[timing["stage"]][timing["chunk"]] = timing["seconds"]
    return {stage: [parts[part] for part in sorted(parts)] for stage, parts in calls.items()}


def count_warnings(transcript: Mapping[str, Any]) -> dict[str, int]:
    """Returns the number of warnings by code."""
    counts: dict[str, int] = defaultdict(int)
    for warning in transcript["warnings"]:
        counts[warning["code"]] += 1
    return dict(counts)


if __name__ == "__main__":
    main()
