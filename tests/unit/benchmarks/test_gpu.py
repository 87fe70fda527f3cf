"""The GPU benchmark compares results, samples the GPU, and says which rows it did not measure."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import machine
from benchmarks.gpu import CPU_ROWS, WORDS, Bench, Row, StageFailed, described, run
from benchmarks.gpu_monitor import GpuMonitor, figures, parse
from benchmarks.gpu_results import compare
from benchmarks.prepared import Prepared
from shared.model.artifacts import (
    Aligned,
    AlignedWord,
    Diarization,
    Recognition,
    RecognizedSegment,
    RecognizedWord,
    Turn,
)
from shared.model.contracts import Engine, WireModel

ENGINE = Engine(name="parrot", version="1")


def stored(folder: Path, *results: WireModel) -> Path:
    folder.mkdir()
    for part, result in enumerate(results):
        (folder / f"{part:04}.json").write_text(result.model_dump_json())
    return folder


def recognition(text: str) -> Recognition:
    words = []
    for number, word in enumerate(text.split()):
        words.append(RecognizedWord(word=word, start=number, end=number + 1, probability=1))
    segment = RecognizedSegment(
        start=0,
        end=9,
        language="en",
        text=text,
        avg_logprob=None,
        compression_ratio=None,
        no_speech_prob=None,
        temperature=None,
        words=tuple(words),
    )
    return Recognition(segments=(segment,), engine=ENGINE)


def aligned(*starts: float) -> Aligned:
    words = []
    for start in starts:
        word = AlignedWord(
            segment=0,
            word="a",
            start=start,
            end=start + 1,
            score=None,
            confidence=None,
            timing="aligned",
        )
        words.append(word)
    return Aligned(segments=(), words=tuple(words), asr=ENGINE, engines=())


def diarization(*turns: tuple[float, float, str]) -> Diarization:
    overlapping = [Turn(start=start, end=end, speaker=name) for start, end, name in turns]
    return Diarization(turns=(), overlapping=tuple(overlapping), embeddings={}, engine=ENGINE)


def test_words_of_two_devices_are_compared_part_by_part(tmp_path: Path) -> None:
    one = stored(tmp_path / "one", recognition("one two three"), recognition("four"))
    two = stored(tmp_path / "two", recognition("one too three"), recognition("four"))
    assert compare("transcribe", one, two) == {
        "words": 4,
        "same_parts": 1,
        "parts": 2,
        "word_difference": 0.25,
    }
    assert compare("transcribe", one, one)["word_difference"] == 0


def test_a_part_without_words_can_be_compared(tmp_path: Path) -> None:
    one = stored(tmp_path / "one", recognition(""))
    assert compare("transcribe", one, one)["word_difference"] == 0


def test_the_largest_difference_of_word_starts_is_found(tmp_path: Path) -> None:
    one = stored(tmp_path / "one", aligned(1, 2), aligned(3))
    two = stored(tmp_path / "two", aligned(1, 2.02), aligned(3))
    found = compare("align", one, two)
    assert (found["words"], found["same_starts"], found["seconds_at_most"]) == (3, 2, 0.02)


def test_speakers_may_have_other_names_but_not_other_turns(tmp_path: Path) -> None:
    one = stored(tmp_path / "one", diarization((0, 5, "A"), (5, 10, "B")))
    renamed = stored(tmp_path / "renamed", diarization((0, 5, "X"), (5, 10, "Y")))
    other = stored(tmp_path / "other", diarization((0, 10, "X")))
    assert compare("diarize", one, renamed) == {"speakers": [[2, 2]], "der": 0}
    assert compare("diarize", one, other) == {"speakers": [[2, 1]], "der": 0.5}


def test_memory_counts_from_the_first_sample_and_load_during_the_work() -> None:
    lines = [
        "2026/11/28 10:00:00.000, 500, 0",
        "2026/11/28 10:00:10.000, 1700, 80",
        "2026/11/28 10:00:11.000, 1500, 60",
        "2026/11/28 10:00:20.000, 500, 0",
    ]
    samples = [sample for sample in map(parse, lines) if sample]
    work = samples[1].at - 1, samples[2].at + 1
    assert figures(samples, *work) == {"gpu_mib": 1200, "gpu_load_percent": 70}


def test_figures_that_were_not_sampled_are_missing_not_zero() -> None:
    assert parse("2026/11/28 10:00:00.000, [N/A], 0") is None
    assert figures([], 0, 1) == {"gpu_mib": None, "gpu_load_percent": None}


def nvidia_smi(folder: Path, *lines: str) -> None:
    """Writes a program of that name, which runs the lines of shell script."""
    program = folder / "nvidia-smi"
    program.write_text("\n".join(["#!/bin/sh", *lines]))
    program.chmod(0o755)


def test_the_monitor_collects_what_nvidia_smi_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nvidia_smi(tmp_path, "echo '2026/11/28 10:00:00.000, 500, 7'")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with GpuMonitor() as monitor:
        monitor.reader.join(10)
    assert [(sample.memory_mib, sample.load) for sample in monitor.samples] == [(500, 7)]


def test_the_monitor_ends_with_its_block(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nvidia_smi(tmp_path, "exec sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with GpuMonitor() as monitor:
        assert monitor.process is not None
    assert monitor.process.returncode is not None


def test_the_machine_names_its_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.gpu() is None
    with GpuMonitor() as monitor:
        pass
    assert monitor.samples == []

    nvidia_smi(tmp_path, "echo 'NVIDIA L4, 23034 MiB, 550.90'")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert machine.gpu() == "NVIDIA L4, 23034 MiB, 550.90"


def test_seconds_are_given_for_an_hour_of_audio() -> None:
    work: dict[str, Any] = {
        "audio_seconds": 1800.0,
        "load_seconds": 3.0,
        "work_seconds": 12.0,
        "host_mib": 900,
    }
    assert described(work)["seconds_per_hour_of_audio"] == 24.0


def test_rows_beyond_the_deadline_are_named_and_not_measured(tmp_path: Path) -> None:
    bench = Bench(tmp_path, deadline=0.0)
    assert list(bench.rows(CPU_ROWS, Prepared(tmp_path / "short"), WORDS)) == []
    assert bench.left_out == [f"{row.name} of short" for row in CPU_ROWS]


@pytest.mark.slow  # it loads a model's library
def test_a_row_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "chunks-0000.wav").write_bytes(b"")
    bench = Bench(tmp_path, deadline=time.monotonic() + 60)
    row = Row("align", "cpu", "float32", 4)
    figures = bench.row(row, Prepared(tmp_path), WORDS, timeout=60)
    assert "FileNotFoundError" in figures["error"]
    assert json.dumps(figures)


def test_a_row_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(StageFailed, match="not ended"):
        run(WORDS, ["transcribe", str(tmp_path), str(tmp_path)], timeout=0.01)
