"""The answer arrives whichever process is killed, with real models and real signals."""

from collections import Counter
from typing import Any

import jiwer
import pytest
from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

from local.layout import STAGES
from local.supervisor import supervisor_of
from shared.model.contracts import Source
from tests.support.cloud import Cloud
from tests.support.recordings import sample

pytestmark = pytest.mark.models
DIGESTS = {
    "transcribe": "sha256:d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
}


def reference() -> str:
    lines = sample().with_suffix(".stm").read_text().splitlines()
    return " ".join(line.split(maxsplit=5)[5] for line in lines if not line.startswith(";;"))


def wer(text: str) -> float:
    normal = EnglishTextNormalizer({})
    return float(jiwer.wer(normal(reference()), normal(text)))


@pytest.fixture
def upload(real_cloud: Cloud, request: pytest.FixtureRequest) -> Source:
    """Returns a recording uploaded to a cloud that is up, also after a test that ended it."""
    if supervisor_of(real_cloud.home) is None:
        real_cloud.up()
    return real_cloud.upload(f"{request.node.name}.wav", sample().read_bytes())


def check(transcript: dict[str, Any]) -> None:
    """Checks the words, the speakers, their times and the models of a transcript of the sample."""
    assert wer(str(transcript["text"])) <= 0.17
    words = transcript["words"]
    assert all(0 <= word["start"] <= word["end"] <= 30 for word in words)
    speakers = Counter(word["speaker"] for word in words)
    assert len(speakers) == 2 and min(speakers.values()) >= 15, speakers
    aligned = [word for word in words if word["timing"] == "aligned"]
    assert len(aligned) >= 0.9 * len(words)
    engines = transcript["provenance"]["stages"]
    assert set(engines) >= {"detect", "transcribe", "align", "diarize"}
    assert {stage: engines[stage][0]["digest"] for stage in DIGESTS} == DIGESTS


SLOW = ["storage", "workflows", *(stage for stage in STAGES if stage != "transcribe")]
"""Their kills take long. Emulators are killed without models in other tests, and the stores and
leases of the other stages are those of transcribe."""


@pytest.mark.parametrize(
    "part",
    [
        "transcribe",
        *(pytest.param(p, marks=pytest.mark.slow) for p in SLOW),
    ],
)
def test_any_one_process_may_be_killed(real_cloud: Cloud, upload: Source, part: str) -> None:
    stage = {"storage": "transcribe", "workflows": "transcribe", "finalize": "align"}.get(
        part, part
    )
    real_cloud.until(
        lambda: any(t.stage == stage for t in real_cloud.jobs.records.of_job(upload.job_id)),
        60,
        f"start of {stage}",
    )
    killed = real_cloud.processes(part)
    assert killed
    for process in killed:
        process.kill()
    check(real_cloud.answer(upload, 180).transcript)


@pytest.mark.slow
def test_workers_may_be_killed_without_their_master(real_cloud: Cloud, upload: Source) -> None:
    real_cloud.until(
        lambda: any(t.stage == "transcribe" for t in real_cloud.jobs.records.of_job(upload.job_id)),
        60,
        "start",
    )
    for worker in real_cloud.processes("transcribe")[1:]:
        worker.kill()
    check(real_cloud.answer(upload, 180).transcript)
    (task,) = [
        task for task in real_cloud.jobs.records.of_job(upload.job_id) if task.stage == "transcribe"
    ]
    assert task.attempts == 2


@pytest.mark.slow
def test_everything_may_be_killed_and_up_alone_goes_on(real_cloud: Cloud, upload: Source) -> None:
    real_cloud.until(
        lambda: any(t.stage == "align" for t in real_cloud.jobs.records.of_job(upload.job_id)),
        60,
        "start of align",
    )
    transcribed = real_cloud.job(upload)
    for process in real_cloud.everything():
        process.kill()
    real_cloud.up()
    check(real_cloud.answer(upload, 180).transcript)
    job = real_cloud.job(upload)
    assert (job.run, job.execution) == (transcribed.run, transcribed.execution)
    tasks = {task.stage: task for task in real_cloud.jobs.records.of_job(upload.job_id)}
    assert tasks["prepare"].attempts == tasks["transcribe"].attempts == 1, (
        "finished stages are not paid for twice"
    )


def test_children_end_with_the_supervisor(real_cloud: Cloud) -> None:
    everything = real_cloud.everything()
    everything[0].kill()
    real_cloud.until(
        lambda: not any(process.is_running() for process in everything), 10, "end of the children"
    )
