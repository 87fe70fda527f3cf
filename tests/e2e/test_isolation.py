"""A native crash ends only one attempt, and hostile names and options are handled normally."""

import signal

import numpy as np
import psutil
import pytest

from shared.jobs.stage_record import StageRecord
from shared.model.contracts import Source
from tests.hostile.recordings import encoded_speech
from tests.support.cloud import Cloud
from tests.support.recordings import speech, wav

TALK = wav(np.tile(speech(), 40))
"""20 minutes, which are decoded for seconds."""


def prepared(cloud: Cloud, source: Source) -> StageRecord | None:
    return next(
        (task for task in cloud.jobs.records.of_job(source.job_id) if task.stage == "prepare"), None
    )


def decoding(cloud: Cloud, source: Source) -> bool:
    task = prepared(cloud, source)
    return task is not None and task.state == "running"


def busy(before: dict[psutil.Process, float]) -> list[psutil.Process]:
    """The workers that have computed for a quarter of a second since."""
    return [
        worker for worker, seconds in before.items() if worker.cpu_times().user > seconds + 0.25
    ]


@pytest.mark.slow
def test_a_crash_while_decoding_takes_down_no_other_attempt(cloud: Cloud) -> None:
    before = {worker: worker.cpu_times().user for worker in cloud.processes("prepare")[1:]}
    crashing = cloud.upload("crashing.wav", TALK)
    cloud.until(lambda: len(busy(before)) > 0, 30, "worker at work on the first")
    (worker,) = busy(before)
    other = cloud.upload("other.wav", TALK)
    cloud.until(lambda: decoding(cloud, other), 30, "work on the second")
    assert decoding(cloud, crashing)
    worker.send_signal(signal.SIGSEGV)
    assert cloud.answer(other, 120).transcript
    assert cloud.answer(crashing, 120).transcript
    attempts = [task.attempts for source in (crashing, other) if (task := prepared(cloud, source))]
    assert attempts == [2, 1]


HOSTILE_NAMES = (
    "\x1b[31mred.wav",
    "\x01\x02\x7f.wav",
    "\u202egpj.wav",
    "%s%n{name}$(reboot).wav",
    "a/" * 100 + "b.wav",
)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_with_control_characters_is_a_name(cloud: Cloud, name: str) -> None:
    source = cloud.upload(name, encoded_speech("flac"))
    assert cloud.answer(source).transcript["job"]["source_uri"] == source.uri


def test_hostile_options_are_answered_with_a_problem(cloud: Cloud) -> None:
    for folder, options in {
        "deep": b"[" * 60_000,
        "large": b"{" + b" " * 5_000_000 + b"}",
        "NaN": b"\xff NaN",
    }.items():
        cloud.upload(f"{folder}/options.json", options)
        problem = cloud.answer(cloud.upload(f"{folder}/talk.flac", encoded_speech("flac"))).problem
        assert problem["type"] == "urn:dropscribe:problem:bad-option"
