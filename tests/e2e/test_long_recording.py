"""A kill in the middle of a recording makes no finished part be computed again."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from benchmarks.long_memory import peaks
from benchmarks.long_recording import computed_again, kill_figures, run, stage_seconds
from local.layout import PROCESSES
from tests.support.cloud import SHORT_LEASES, Cloud
from tests.support.recordings import speech, wav
from tests.support.slow import ENVIRONMENT

SHORT_CHUNKS = {"DROPSCRIBE_CHUNK_SECONDS": "10"}


@pytest.fixture
def slow_cloud(tmp_path: Path) -> Iterator[Cloud]:
    cloud = Cloud(tmp_path / "cloud", {**ENVIRONMENT, **SHORT_LEASES, **SHORT_CHUNKS})
    cloud.up()
    yield cloud
    cloud.down()


@pytest.mark.slow
def test_finished_parts_are_paid_for_once(slow_cloud: Cloud, tmp_path: Path) -> None:
    audio = tmp_path / "call.wav"
    audio.write_bytes(wav(np.tile(speech(), 2)))
    options = {"language": "en", "initial-prompt": "slowly"}
    course, transcript = run(slow_cloud, audio, options, timeout=300)

    assert course.killed_after is not None
    assert computed_again(course.at_the_kill, course.records) == []
    figures = kill_figures(course)
    assert 0 < figures["finished_parts"] < figures["parts"]
    assert 0 < figures["parts_at_work"] >= figures["parts_with_a_second_attempt"]

    chunks = slow_cloud.job(course.source).chunks
    assert len(stage_seconds(transcript)["transcribe"]) == chunks
    assert set(peaks(course.memory)) == set(PROCESSES)
    assert course.finalize_seconds > 0
