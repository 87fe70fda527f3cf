"""Log files stay small, every line has a time, and no line is lost when another file is begun."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from local.log_file import KEPT, LogFile, files_of
from local.log_reading import FURTHER, Tail, last_line, parse, read_lines

MAX_BYTES = 1000
LINES = [f"line {number}" for number in range(60)]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogFile]:
    with closing(LogFile(tmp_path / "storage.log", MAX_BYTES)) as log:
        yield log


def texts(path: Path) -> list[str]:
    return [line.text for line in parse(read_lines(path), "storage")]


def test_no_line_is_lost_or_doubled_when_another_file_is_begun(log: LogFile) -> None:
    for line in LINES:
        log.write(f"{line}\n".encode())
    assert len(files_of(log.path)) == KEPT + 1
    assert texts(log.path) == LINES


def test_the_files_of_a_log_are_limited_in_size_and_number(log: LogFile) -> None:
    for _ in range(20):
        for line in LINES:
            log.write(f"{line}\n".encode())
    sizes = [file.stat().st_size for file in log.path.parent.iterdir()]
    assert len(sizes) == KEPT + 1
    assert max(sizes) <= MAX_BYTES
    assert texts(log.path)[-1] == LINES[-1]


def test_a_line_that_comes_in_parts_is_written_whole(log: LogFile) -> None:
    log.write(b"one\ntw")
    assert texts(log.path) == ["one"]
    log.write(b"o\nlast")
    log.end_line()
    assert texts(log.path) == ["one", "two", "last"]


def test_a_line_without_a_time_gets_that_of_now_and_json_keeps_its_own(log: LogFile) -> None:
    before = datetime.now(UTC)
    log.write(b'plain\n{"time": "2026-01-02T03:04:05.678+00:00", "message": "own"}\n')
    plain, own = parse(read_lines(log.path), "storage")
    assert before.replace(microsecond=0) <= plain.time <= datetime.now(UTC)
    assert own.time == datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)
    assert (plain.text, own.text) == ("plain", "INFO own")


def test_a_tail_reads_each_line_once_also_from_files_begun_meanwhile(log: LogFile) -> None:
    tail = Tail(log.path)
    read: list[str] = []
    for number, line in enumerate(LINES):
        log.write(f"{line}\n".encode())
        if number % 20 == 0:
            read += tail.new_lines()
    read += tail.new_lines()
    tail.close()
    assert len(files_of(log.path)) == KEPT + 1
    assert [line.text for line in parse(read, "storage")] == LINES


def test_a_tail_of_a_log_that_is_not_there_yet_reads_it_from_its_start(tmp_path: Path) -> None:
    path = tmp_path / "storage.log"
    with closing(Tail(path)) as tail:
        assert tail.new_lines() == []
        path.write_bytes(b"first\n")
        assert [line.text for line in parse(tail.new_lines(), "storage")] == ["first"]


def test_the_last_line_says_what_is_wrong(tmp_path: Path) -> None:
    """The last line of pydantic's errors only names a page."""
    log = tmp_path / "gateway.log"
    lines = ["secret", "  String is too short", f"    {FURTHER}/2/v/string_too_short"]
    log.write_text("".join(f"2026-11-29T04:41:45.675+00:00 {line}\n" for line in lines))
    assert last_line(log).strip() == "String is too short"
