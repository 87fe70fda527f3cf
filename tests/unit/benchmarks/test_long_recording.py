"""The long recording is composed as its truth says, and its figures are those of its course."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from benchmarks.evaluation.meeting import Manner, Meeting, by_voice
from benchmarks.evaluation.people import Person
from benchmarks.evaluation.truth import Recording, Utterance
from benchmarks.evaluation.voices import RATE, decoded
from benchmarks.long_audio import LongRecording, blocks, compose, frames
from benchmarks.long_memory import MemorySample, peaks, timeline
from benchmarks.long_recording import Course, computed_again, report, stage_seconds
from shared.jobs.stage_record import StageRecord
from shared.model.contracts import Source
from tests.support.tones import person

SECONDS = 36.0
"""A hundredth of an hour."""
NOW = datetime(2026, 11, 28, tzinfo=UTC)


@pytest.fixture
def three(tmp_path: Path) -> list[Person]:
    pitches = {"a": 300, "b": 500, "c": 800}
    return [person(tmp_path, name, pitch) for name, pitch in pitches.items()]


def test_a_recording_lasts_no_longer_than_it_may(three: list[Person], tmp_path: Path) -> None:
    made = compose(three, SECONDS, tmp_path / "long.ogg")
    with av.open(str(made.truth.audio)) as file:
        assert file.duration is not None
        seconds = file.duration / av.time_base
    assert SECONDS / 2 <= seconds <= SECONDS
    assert made.truth.seconds == pytest.approx(seconds, abs=0.1)
    assert made.truth.people == 3


def test_sound_is_where_the_truth_says(three: list[Person], tmp_path: Path) -> None:
    made = compose(three, SECONDS, tmp_path / "long.ogg")
    heard = decoded(made.truth.audio)
    spoken = np.zeros(len(heard), bool)
    for said in made.truth.utterances:
        first, end = round(said.start * RATE), round(said.end * RATE)
        assert np.abs(heard[first:end]).mean() > 0.02
        spoken[max(0, first - 800) : end + 800] = True
    assert np.abs(heard[~spoken]).mean() < 0.005


def test_words_are_counted_where_all_texts_are_known(three: list[Person], tmp_path: Path) -> None:
    made = compose(three, SECONDS, tmp_path / "long.ogg")
    takes = sum(bool(said.text) for said in made.truth.utterances)
    assert made.words == 4 * takes, "each text is `text 0 of a`"
    untold = [Person(each.name, "en", "F", ((each.sources[0][0], None),)) for each in three]
    assert compose(untold, SECONDS, tmp_path / "untold.ogg").words is None


def test_blocks_are_the_sound_of_all_voices_mixed(three: list[Person]) -> None:
    takes = Meeting(random.Random(2), three, Manner(overlaps=0.5)).held(30)
    takes.sort(key=lambda take: take.first)
    streamed = list(blocks(takes))
    whole = sum(by_voice(takes).values(), np.zeros(1, np.float32))
    joined = np.concatenate(streamed)[: len(whole)]
    assert np.abs(joined - whole[: len(joined)]).max() < 1e-6
    assert max(map(len, streamed)) < len(whole) / 3, "it is never in memory as a whole"


def test_frames_of_any_blocks_have_one_length_and_keep_every_sample() -> None:
    sound = np.linspace(-1, 1, 1000, dtype=np.float32)
    made = list(frames(iter([sound[:7], sound[7:900], sound[900:]])))
    assert {frame.shape for frame in made} == {(1, 320)}
    joined = np.concatenate(made, axis=1)[0]
    assert np.array_equal(joined[:1000], (sound * 32767).astype(np.int16))
    assert not joined[1000:].any()


def record(key: str, **changes: Any) -> StageRecord:
    stage, _, part = key.partition("-")
    values: dict[str, Any] = {
        "key": key,
        "stage": stage,
        "part": int(part),
        "state": "done",
        "attempts": 1,
        "owner": "first",
        "lease_until": NOW,
        "started": NOW,
        "updated": NOW,
        "expires": NOW + timedelta(days=1),
        "seconds": 20.0,
    }
    return StageRecord(**(values | changes))


def test_a_finished_part_that_is_worked_on_again_is_found() -> None:
    before = [
        record("transcribe-0"),
        record("transcribe-1"),
        record("transcribe-2"),
        record("transcribe-3", state="running", seconds=None),
    ]
    after = [
        record("transcribe-0", reused=True, updated=NOW + timedelta(hours=1)),
        record("transcribe-1", attempts=2, owner="second", seconds=21.0),
        record("transcribe-3", attempts=2, owner="second"),
    ]
    assert computed_again(before, after) == ["transcribe-1", "transcribe-2"]


def sample(seconds: float, *processes: int) -> MemorySample:
    """Returns a sample in which the processes of align hold so many MiB."""
    sums, largest = {"align": sum(processes)}, {"align": max(processes)}
    return MemorySample(seconds, {"align": len(processes)}, largest, sums)


def test_peaks_are_of_one_process_and_of_all() -> None:
    samples = [sample(0, 100, 300), sample(5, 350), sample(10, 200, 201)]
    assert peaks(samples) == {"align": {"largest_process": 350, "all_processes": 401}}


def test_a_timeline_keeps_the_peaks_of_what_it_leaves_out() -> None:
    samples = [sample(60.0 * minute, 1000 if minute == 505 else 100) for minute in range(600)]
    rows = timeline(samples)
    assert len(rows) == 60
    assert [row["minutes"] for row in rows[:2]] == [0, 10]
    assert max(row["align"] for row in rows) == 1000
    assert timeline([]) == []


def transcript(turns: list[dict[str, Any]]) -> dict[str, Any]:
    word = {
        "word": "Hello",
        "start": 0.0,
        "end": 1.0,
        "speaker": "S1",
        "timing": "aligned",
        "language": "en",
    }
    stages = []
    for stage, chunk, seconds in (("transcribe", 1, 7.0), ("transcribe", 0, 5.0), ("align", 0, 2)):
        stages.append({"stage": stage, "chunk": chunk, "seconds": seconds})
    return {
        "words": [word, word],
        "turns": turns,
        "language": {"code": "en"},
        "segments": [{}],
        "quality": {
            "coverage": 0.9,
            "uncovered": [{"start": 8.0, "end": 8.5}, {"start": 9.0, "end": 9.5}],
            "suspects": [{"text": "Thank you."}],
        },
        "warnings": [{"code": "voice_unknown"}, {"code": "voice_unknown"}],
        "timings": {"stages": stages},
    }


def test_the_report_has_the_people_the_words_and_what_the_kill_cost(tmp_path: Path) -> None:
    audio = tmp_path / "long.ogg"
    audio.write_bytes(b"12345")
    said = (
        Utterance("Ann", 0.0, 5.0, "Hello there", "en"),
        Utterance("Bob", 5.0, 10.0, "Hello", "en"),
    )
    truth = Recording("long", "long", audio, 10.0, said, language="en")
    turns = [
        {"start": 0.0, "end": 5.0, "speaker": "S1"},
        {"start": 5.0, "end": 9.0, "speaker": "S2"},
    ]
    before = (record("transcribe-0"), record("transcribe-1", state="running", seconds=None))
    course = Course(
        Source(bucket="in", name="long.ogg", generation=1),
        memory=[sample(0, 10)],
        killed_after=36.0,
        at_the_kill=before,
        records=(before[0], record("transcribe-1", attempts=2, owner="second")),
        wall=72.0,
        finalize_seconds=0.5,
    )
    figures = report(LongRecording(truth, 3), course, transcript(turns))
    assert (figures["people"], figures["people_found"]) == (2, 2)
    assert figures["der"] == pytest.approx(0.1)
    assert figures["wer"] == pytest.approx(1 / 3, abs=1e-4)
    assert (figures["words_spoken"], figures["words_in_the_transcript"]) == (3, 2)
    assert (figures["coverage"], figures["uncovered_seconds"]) == (0.9, 1.0)
    assert figures["suspected_words"] == 2
    assert figures["kill"] == {
        "after_hours": 0.01,
        "finished_parts": 1,
        "parts_at_work": 1,
        "finished_parts_computed_again": 0,
        "parts": 2,
        "parts_with_a_second_attempt": 1,
    }
    assert figures["stage_seconds"]["finalize"] == [0.5]
    assert figures["warnings"] == {"voice_unknown": 2}

    several = replace(truth, language=None)
    assert "wer" not in report(LongRecording(several, 3), course, transcript(turns))


def test_the_seconds_of_a_stage_are_in_the_order_of_its_parts() -> None:
    assert stage_seconds(transcript([])) == {"transcribe": [5.0, 7.0], "align": [2.0]}
