"""The report shows figures by set, language, number of people and recording."""

from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from benchmarks.evaluation import report
from benchmarks.evaluation.measures import Score, score
from benchmarks.evaluation.result import Result, Turn
from benchmarks.evaluation.truth import Recording, Utterance

TWO = Recording(
    "call",
    "calls",
    Path("call.wav"),
    20,
    (Utterance("Ann", 0, 10, None, "en"), Utterance("Ben", 10, 20, None, "en")),
    language="en",
    real=True,
)
THREE = replace(
    TWO,
    name="panel",
    set="panels",
    utterances=(),
    language="de",
    number_known=3,
    speech_known=False,
)
COMPOSED = replace(TWO, name="made", set="composed-2", real=False)
RECORDINGS = [TWO, THREE, COMPOSED]


def scores() -> dict[str, list[Score]]:
    right = Result(turns=(Turn(0, 10, "S1"), Turn(10, 20, "S2")), wall=10.0)
    wrong = Result(turns=(Turn(0, 15, "S1"),), wall=20.0)
    return {
        "dropscribe": [score(each, right) for each in RECORDINGS],
        "plain": [score(each, wrong) for each in RECORDINGS],
    }


def text(table: Table) -> list[list[str]]:
    """Returns the cells of each row."""
    console = Console(width=300)
    with console.capture() as captured:
        console.print(table)
    rows = [line.split("│")[1:-1] for line in captured.get().splitlines() if "│" in line]
    return [[cell.strip() for cell in row] for row in rows]


def test_recordings_are_grouped_by_set_language_and_number_of_people() -> None:
    found = report.compared(RECORDINGS, scores())
    assert list(found) == [
        "calls",
        "panels",
        "composed-2",
        "language: de",
        "language: en",
        "people: 2",
        "people: 3",
        report.ALL,
    ]
    assert found["people: 2"]["dropscribe"]["speakers_counted"] == 1
    assert found["people: 2"]["plain"]["speakers_off"] == 1
    assert found["language: de"]["plain"]["recordings"] == 1


def test_a_single_group_is_shown_once() -> None:
    alone = {system: of_all[:1] for system, of_all in scores().items()}
    assert list(report.compared([TWO], alone)) == ["calls"]


def test_real_recordings_of_several_people_have_rows_with_the_parts_of_der() -> None:
    rows = text(report.by_recording(RECORDINGS, scores()))
    assert rows == [
        ["calls: call", "Dropscribe", "2", "2", "0.0%", "0.0%", "0.0%", "0.0%", "–"],
        ["calls: call", "plain whisperx", "2", "1", "50.0%", "25.0%", "0.0%", "25.0%", "–"],
        ["panels: panel", "Dropscribe", "3", "2", "–", "–", "–", "–", "–"],
        ["panels: panel", "plain whisperx", "3", "1", "–", "–", "–", "–", "–"],
    ]


def test_the_record_has_figures_of_every_recording() -> None:
    pytest.importorskip("meeteval", reason="meeteval comes with the extra `benchmarks`")
    kept = report.record(RECORDINGS, scores(), split="test")
    assert [(each["name"], each["people"]) for each in kept["recordings"]] == [
        ("call", 2),
        ("panel", 3),
        ("made", 2),
    ]
    assert kept["recordings"][0]["figures"]["plain"]["der_confusion"] == 0.25
    assert kept["split"] == "test"
