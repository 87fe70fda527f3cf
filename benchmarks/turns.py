"""How long short recordings wait beside a long one, on the one-machine cloud with real models.

    python -m benchmarks.turns [--minutes 20]

It measures three times: clips of about 3 s alone, an interview alone, and an interview beside
which the clips are uploaded after 20 s. For each it gives the seconds from upload to answer, and
for each stage the seconds of work and the seconds that its calls waited for their turn.
"""

import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import mean

import click
import numpy as np

from benchmarks.conversations import RATE, compose, missing, prompts, write
from benchmarks.machine import keep
from shared.jobs.job import Job
from shared.jobs.stage_record import StageRecord
from shared.model.contracts import Source
from tests.support.cloud import Cloud

CLIPS = 12
CLIP_SECONDS = (2.4, 3.2)
"""Least and most seconds of speech in a clip."""
MARGIN = np.zeros(RATE // 5, np.float32)
"""Silence before and after the speech of a clip."""
CLIPS_LATER = 20.0
"""Seconds from the upload of the interview to that of the clips."""
SEED = 24
TIMEOUT = 7200.0
"""Seconds in which every recording must have its answer."""
PREDECESSORS = {
    "detect": ("prepare",),
    "diarize": ("prepare",),
    "transcribe": ("detect", "prepare"),
    "align": ("transcribe",),
}
"""Stage -> the stages after which its calls are made. The first that the job has counts."""


@dataclass(frozen=True)
class Finished:
    """A recording that was transcribed."""

    job: Job
    records: Sequence[StageRecord]
    uploaded: float
    """Unix seconds at which the upload had ended."""

    @property
    def seconds(self) -> float:
        """Seconds from upload to answer."""
        assert self.job.ended is not None
        return self.job.ended.timestamp() - self.uploaded


@click.command()
@click.option("--minutes", default=20.0, show_default=True, help="Length of the interview.")
def main(minutes: float) -> None:
    """Measures how long short recordings wait beside a long one."""
    if reason := missing():
        sys.exit(f"the recordings cannot be composed: {reason}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        interview = compose(folder, minutes * 60, SEED)
        figures = measure(folder, interview.audio)
    figures["interview_audio_seconds"] = round(interview.seconds, 1)
    keep("turns", figures)


def measure(folder: Path, interview: Path) -> dict[str, object]:
    """Returns the figures of the three measurements, on a cloud of its own."""
    clips = list(write_clips(folder))
    cloud = Cloud(folder / "cloud", {})
    try:
        cloud.up()
        transcribe(cloud, "warm", clips[:1])
        clips_alone = transcribe(cloud, "clips", clips)
        interview_alone = transcribe(cloud, "interview", [interview])
        with ThreadPoolExecutor(1) as pool:
            long = pool.submit(transcribe, cloud, "both", [interview])
            time.sleep(CLIPS_LATER)
            clips_beside = transcribe(cloud, "beside", clips)
            interview_beside = long.result()
    finally:
        cloud.down()
    return {
        "clips_alone": summary(clips_alone),
        "interview_alone": summary(interview_alone),
        "clips_beside_the_interview": summary(clips_beside),
        "interview_beside_the_clips": summary(interview_beside),
    }


def write_clips(folder: Path) -> Iterator[Path]:
    """Writes the clips, each a prompt of its own, and yields their files."""
    least, most = CLIP_SECONDS
    fitting = [clip for clip in prompts() if least <= len(clip.samples) / RATE <= most]
    for number, clip in enumerate(fitting[:CLIPS]):
        file = folder / f"clip-{number}.wav"
        write(file, np.concatenate([MARGIN, clip.samples, MARGIN]))
        yield file


def transcribe(cloud: Cloud, name: str, files: Sequence[Path]) -> list[Finished]:
    """Uploads the recordings at once, and returns them when all have their answer."""

    def upload(file: Path) -> tuple[Source, float]:
        source = cloud.upload(f"{name}/{file.name}", file.read_bytes())
        return source, time.time()

    with ThreadPoolExecutor(len(files)) as pool:
        uploads = list(pool.map(upload, files))
    finished = []
    for source, uploaded in uploads:
        assert cloud.answer(source, TIMEOUT).transcript
        records = tuple(cloud.jobs.records.of_job(source.job_id))
        finished.append(Finished(cloud.job(source), records, uploaded))
    return finished


def summary(finished: Sequence[Finished]) -> dict[str, object]:
    """Returns the seconds from upload to answer, and of work and waiting at each stage."""
    seconds = sorted(round(each.seconds, 1) for each in finished)
    return {
        "recordings": len(finished),
        "seconds_to_answer": seconds,
        "mean": round(mean(seconds), 1),
        "last": seconds[-1],
        "stages": stages(finished),
    }


def stages(finished: Sequence[Finished]) -> dict[str, dict[str, float]]:
    """Returns for each stage its calls, and the seconds of their work and of their waiting.

    finalize has no record of its calls; its seconds are those from the last other stage to the
    answer.
    """
    calls: dict[str, int] = defaultdict(int)
    work: dict[str, float] = defaultdict(float)
    waited: dict[str, float] = defaultdict(float)
    for each in finished:
        for record in each.records:
            calls[record.stage] += 1
            work[record.stage] += record.seconds or 0.0
            waited[record.stage] += record.started.timestamp() - ready(each, record)
        last = max(record.updated for record in each.records)
        calls["finalize"] += 1
        work["finalize"] += each.uploaded + each.seconds - last.timestamp()
    return {
        stage: {
            "calls": calls[stage],
            "work": round(work[stage], 1),
            "waited": round(waited[stage], 1),
        }
        for stage in calls
    }


def ready(finished: Finished, record: StageRecord) -> float:
    """Returns when the stage could have been called, in Unix seconds.

    A chunk that the workflow holds back because too many others are under way counts as ready.
    """
    ends: dict[str, datetime] = {}
    for other in finished.records:
        if other.stage == record.stage:
            continue
        of_same_part = other.part == record.part
        if other.stage in ("prepare", "detect") or of_same_part:
            ends[other.stage] = other.updated
    for stage in PREDECESSORS.get(record.stage, ()):
        if stage in ends:
            return ends[stage].timestamp()
    return finished.uploaded


if __name__ == "__main__":
    main()
