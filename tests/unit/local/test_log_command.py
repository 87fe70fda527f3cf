"""`dropscribe logs` shows lines of all processes in the order of their times, or about one job."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local.layout import Layout
from local.log_command import logs
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.store import JobStore
from shared.model.contracts import Source

SOURCE = Source(bucket="inbox", name="talk.wav", generation=1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    monkeypatch.setenv("DROPSCRIBE_HOME", str(tmp_path))
    return Layout(tmp_path)


def write(home: Layout, process: str, *lines: str) -> None:
    path = home.log(process)
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def entry(second: int, message: str, **fields: str) -> str:
    time = f"2026-01-02T03:04:{second:02}.000+00:00"
    return json.dumps({"time": time, "severity": "INFO", "message": message, **fields})


def shown(*arguments: str) -> list[str]:
    """Returns the lines that the command prints, without their times."""
    result: Result = CliRunner().invoke(logs, arguments)
    assert result.exit_code == 0, result.output
    return [line.split(maxsplit=2)[2] for line in result.output.splitlines()]


def test_lines_of_all_processes_are_in_the_order_of_their_times(home: Layout) -> None:
    write(home, "align", entry(1, "one"), entry(4, "four"))
    write(home, "storage", "2026-01-02T03:04:02.000+00:00 two", "of a time before", entry(3, "3"))
    assert shown() == [
        "align       INFO one",
        "storage     two",
        "storage     of a time before",
        "storage     INFO 3",
        "align       INFO four",
    ]
    assert shown("--lines", "2") == ["storage     INFO 3", "align       INFO four"]
    assert shown("align") == ["align       INFO one", "align       INFO four"]


def test_lines_about_a_job_hold_its_id_or_that_of_its_execution(home: Layout) -> None:
    jobs = JobStore(SqliteDocuments(home.jobs))
    jobs.queue(SOURCE, 1, "execution-7")
    write(home, "align", entry(1, "ours", job_id=SOURCE.job_id), entry(2, "else", job_id="other"))
    write(home, "workflows", entry(3, "called", execution="execution-7"))
    assert shown("--job", SOURCE.job_id) == [
        f"align       INFO ours job_id={SOURCE.job_id}",
        "workflows   INFO called execution=execution-7",
    ]


def test_a_traceback_is_shown_in_full(home: Layout) -> None:
    write(home, "align", entry(1, "bug", stack_trace="Traceback\n  ValueError: x"))
    result = CliRunner().invoke(logs, [])
    assert result.output.endswith("INFO bug\nTraceback\n  ValueError: x\n")


def test_without_logs_or_with_an_unknown_process_it_says_so(home: Layout) -> None:
    nothing = CliRunner().invoke(logs, [])
    assert (nothing.exit_code, nothing.output) == (1, "Error: there are no logs yet\n")
    unknown = CliRunner().invoke(logs, ["stroage"])
    assert unknown.exit_code == 2
    assert "'storage'" in unknown.output
