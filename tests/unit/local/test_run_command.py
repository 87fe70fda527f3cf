"""`run` uploads each recording once, writes each answer when it is ready, and says what happens."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dropscribe import Client
from local.batch import Item
from local.cli import main
from local.recordings import LocalRecording
from local.uploading import Uploads
from shared.model.api import JobView
from shared.model.spreadsheet_cells import without_formula
from tests.support.api_server import FakeApi


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """Returns a folder with two recordings."""
    folder = tmp_path / "calls"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.wav").write_bytes(b"sound")
    (folder / "deep" / "b.wav").write_bytes(b"sound")
    return folder


def test_each_answer_is_fetched(api: FakeApi, calls: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = call("run", calls / "a.wav", "--out", out, "--set", "language=EN", "--set", "x-order=7")
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{out / 'a.wav'}\n"
    assert done.stderr == "a.wav: done\n1 of 1\n"
    files = {path.name for path in (out / "a.wav").iterdir()}
    assert files == {"transcript.json", "transcript.srt"}
    (sent,) = api.uploads
    assert sent == {
        "name": "a.wav",
        "language": "EN",
        "metadata": '{"order": "7"}',
        "replace": "false",
    }


def test_one_recording_is_followed_by_its_events_and_several_by_one_list(
    api: FakeApi, calls: Path, tmp_path: Path
) -> None:
    api.looks_until_end = 5
    assert call("run", calls / "a.wav", "--out", tmp_path / "out").exit_code == 0
    (job_id,) = api.jobs
    assert api.asked("GET", f"/api/v1/jobs/{job_id}/events") == 1
    assert api.asked("GET", f"/api/v1/jobs/{job_id}") == 0
    assert call("run", calls, "--out", tmp_path / "out", "--again").exit_code == 0
    assert [path for _, path in api.requests if path.endswith("/events")] == [
        f"/api/v1/jobs/{job_id}/events"
    ]


def test_where_events_do_not_come_through_the_job_is_asked_for(
    api: FakeApi, calls: Path, tmp_path: Path
) -> None:
    api.refusals["/events"] = 502, "a proxy in front"
    api.views_count = True
    api.looks_until_end = 3
    done = call("run", calls / "a.wav", "--out", tmp_path / "out")
    assert (done.exit_code, done.stderr) == (0, "a.wav: done\n1 of 1\n")


def test_300_recordings_are_asked_for_with_one_question(api: FakeApi, tmp_path: Path) -> None:
    """A page of the list has 200 jobs, so that a look at 300 takes two requests, and one more for
    the progress of one job."""
    folder = tmp_path / "batch"
    folder.mkdir()
    for number in range(300):
        (folder / f"{number:03}.wav").write_bytes(b"bad" if number % 60 == 7 else b"sound")
    api.looks_until_end = 3
    done = call("run", folder, "--out", tmp_path / "out", "--csv", tmp_path / "results.csv")
    assert done.exit_code == 1, done.output
    assert "300 of 300, 5 failed\n" in done.stderr
    assert len(api.uploads) == 300
    assert api.asked("POST", "/api/v1/jobs/upload") == 300, "each is sent once"
    views = sum(path.count("/") == 4 for method, path in api.requests if "upload" not in path)
    lists = api.asked("GET", "/api/v1/jobs")
    assert lists <= 2 * (views + 4) + 2, "no job is asked for by itself, except for one a look"
    assert max(api.looks.values()) <= 4
    assert len(api.connections) < len(api.requests) / 10, "connections are kept"
    with (tmp_path / "results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 300
    assert rows[0] == {
        "name": "batch/000.wav",
        "state": "done",
        "language": "en",
        "seconds": "1.5",
        "words": "1",
        "speakers": "1",
        "reason": "",
    }
    assert rows[7]["state"] == "failed" and rows[7]["reason"].endswith("no known audio format")


def test_a_failure_is_reported_and_its_problem_is_written(
    api: FakeApi, calls: Path, tmp_path: Path
) -> None:
    (calls / "a.wav").write_bytes(b"bad")
    out = tmp_path / "out"
    done = call("run", calls, "--out", out)
    assert done.exit_code == 1
    reason = "The object is not a recording that can be decoded: no known audio format"
    assert f"calls/a.wav: {reason}\n" in done.stderr
    assert "calls/deep/b.wav: done\n" in done.stderr
    problem = json.loads((out / "calls/a.wav/problem.json").read_text())
    assert problem["detail"] == "no known audio format"


def test_a_second_run_sends_nothing_that_has_its_answer(
    api: FakeApi, calls: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    call("run", calls, "--out", out)
    (out / "calls/a.wav/transcript.json").unlink()
    again = call("run", calls, "--out", out)
    assert again.exit_code == 0 and len(api.uploads) == 2
    assert "calls/a.wav: has its answer already (--again transcribes it again)" in again.stderr
    assert (out / "calls/a.wav/transcript.json").exists(), "what is not in the folder is fetched"
    fetched = [path for _, path in api.requests if path.endswith("/transcript")]
    assert len(fetched) == 6, "what is in the folder is not"

    forced = call("run", calls, "--out", out, "--again")
    assert forced.exit_code == 0 and len(api.uploads) == 4
    assert api.uploads[-1]["replace"] == "true"


def test_a_second_run_follows_what_the_first_one_left(
    api: FakeApi, calls: Path, tmp_path: Path
) -> None:
    api.add("calls/a.wav")
    api.end(api.add("calls/deep/b.wav"))
    done = call("run", calls, "--out", tmp_path / "out")
    assert (done.exit_code, api.uploads) == (0, [])
    assert (tmp_path / "out/calls/a.wav/transcript.json").exists()


def test_what_failed_is_sent_again(api: FakeApi, calls: Path, tmp_path: Path) -> None:
    api.fail(api.add("a.wav", size=3), "no known audio format")
    done = call("run", calls / "a.wav", "--out", tmp_path / "out")
    assert done.exit_code == 0 and api.uploads[0]["replace"] == "true"


def test_another_recording_of_the_name_is_not_replaced(
    api: FakeApi, calls: Path, tmp_path: Path
) -> None:
    api.end(api.add("a.wav", size=99))
    done = call("run", calls / "a.wav", "--out", tmp_path / "out")
    assert (done.exit_code, api.uploads) == (1, [])
    assert "another recording called a.wav, of 99 bytes; --again replaces it" in done.stderr


def test_names_are_those_of_the_keys_folder(api: FakeApi, calls: Path, tmp_path: Path) -> None:
    api.folder = "team/"
    out = tmp_path / "out"
    call("run", calls / "a.wav", "--out", out)
    call("run", calls / "a.wav", "--out", out)
    assert len(api.uploads) == 1 and (out / "team/a.wav/transcript.json").exists()


def test_a_prefix_begins_the_names(api: FakeApi, calls: Path, tmp_path: Path) -> None:
    call("run", calls, "--prefix", "team/", "--out", tmp_path / "out")
    names = sorted(upload["name"] for upload in api.uploads)
    assert names == ["team/calls/a.wav", "team/calls/deep/b.wav"]


def test_progress_fits_a_narrow_terminal_without_other_characters(
    api: FakeApi, calls: Path, tmp_path: Path
) -> None:
    """Python refuses to write a character that the output's encoding does not have."""
    (calls / "ünï☃.wav").write_bytes(b"sound")
    command = (sys.executable, "-m", "local.cli", "run", str(calls), "--out", str(tmp_path / "out"))
    environment = os.environ | {
        "PYTHONIOENCODING": "ascii",
        "TTY_COMPATIBLE": "1",
        "COLUMNS": "40",
        "LINES": "12",
    }
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    shown = done.stderr.decode("ascii")
    assert (done.returncode, len(api.uploads)) == (0, 3), shown
    assert "3 of 3" in shown and "Traceback" not in shown
    assert all(len(line) <= 60 for line in shown.splitlines()), "with escape sequences"


def take_interrupts() -> None:
    """Have the process end at SIGINT, which a shell has its background processes ignore."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupted_run_says_how_to_go_on(api: FakeApi, calls: Path, tmp_path: Path) -> None:
    api.looks_until_end = 1000
    out, table = tmp_path / "out", tmp_path / "results.csv"
    command = (sys.executable, "-m", "local.cli", "run", str(calls), f"--out={out}")
    with subprocess.Popen(
        (*command, f"--csv={table}"),
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=take_interrupts,
    ) as run:
        deadline = time.monotonic() + 60
        while len(api.looks) != 2:
            assert time.monotonic() < deadline and run.poll() is None
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        _, shown = run.communicate(timeout=60)
    assert run.returncode == 130
    by_name = sorted(api.jobs, key=lambda job_id: str(api.jobs[job_id]["name"]))
    ids = " ".join(by_name)
    assert (
        f"jobs that go on: 2; fetch their answers later: dropscribe fetch {ids} --out {out}"
        in shown
    )
    assert "Traceback" not in shown and table.exists()


def test_after_the_timeout_jobs_go_on(api: FakeApi, calls: Path, tmp_path: Path) -> None:
    api.add("a.wav")
    api.looks_until_end = 1000
    done = call("run", calls / "a.wav", "--out", tmp_path / "out", "--timeout", "0")
    assert done.exit_code == 1
    assert "a.wav: no answer in time; the job goes on" in done.stderr


@pytest.mark.parametrize(
    ("status", "detail", "says"),
    [
        (422, "language is 'klingon'", "a.wav: language is 'klingon'\n"),
        (403, "The key lacks the scope 'write'.", "a.wav: the key is not allowed to do this: No"),
        (413, "too large", "a.wav: No: too large\n"),
    ],
)
def test_a_refused_upload_is_reported_in_plain_words(
    api: FakeApi, calls: Path, tmp_path: Path, status: int, detail: str, says: str
) -> None:
    api.refusals["/upload"] = (status, detail)
    done = call("run", calls / "a.wav", "--out", tmp_path / "out")
    assert done.exit_code == 1 and says in done.stderr
    assert "Traceback" not in done.output


def test_a_wrong_key_ends_it_at_once(
    api: FakeApi, calls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DROPSCRIBE_KEY", "other")
    done = call("run", calls / "a.wav", "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "Error: the server wants another key (--key or DROPSCRIBE_KEY)" in done.stderr


def test_a_file_in_the_way_of_the_answers_is_named_before_anything_is_sent(
    api: FakeApi, calls: Path
) -> None:
    out = calls / "a.wav"
    done = call("run", calls / "deep", "--out", out)
    assert (done.exit_code, api.requests) == (1, [])
    assert done.stderr == f"Error: --out: {out}: File exists\n"


def test_an_answer_that_cannot_be_written_is_reported(
    api: FakeApi, calls: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "a.wav").write_text("a file in the way of a folder")
    done = call("run", calls / "a.wav", "--out", out)
    assert done.exit_code == 1 and "Traceback" not in done.output
    assert f"Error: {out / 'a.wav'}: File exists; no job goes on" in done.stderr


def test_files_of_one_name_are_refused(api: FakeApi, calls: Path, tmp_path: Path) -> None:
    (calls / "deep" / "a.wav").write_bytes(b"sound")
    done = call("run", calls / "a.wav", calls / "deep" / "a.wav", "--out", tmp_path / "out")
    assert (done.exit_code, api.requests) == (2, [])
    assert "two files are named a.wav: give their folders" in done.stderr


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_a_cell_is_no_formula(start: str) -> None:
    assert without_formula(f"{start}1+1") == f"'{start}1+1"
    assert without_formula("1+1") == "1+1"


def test_what_cannot_be_uploaded_is_named_and_the_rest_is_uploaded(
    api: FakeApi, calls: Path, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "pipe.wav")
    odd = os.fsencode(calls / "deep") + b"/bad\xff.wav"
    Path(os.fsdecode(odd)).write_bytes(b"sound")
    done = call("run", tmp_path / "pipe.wav", calls, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "pipe.wav: it is a pipe or a device, not a file\n" in done.stderr
    assert "its name is not in UTF-8; rename it\n" in done.stderr
    assert done.stderr.endswith("4 of 4, 2 failed\n")
    names = {sent["name"] for sent in api.uploads}
    assert names == {"calls/a.wav", "calls/deep/b.wav"}


def test_an_upload_that_fails_for_an_unknown_reason_is_not_waited_for(calls: Path) -> None:
    class Broken(Client):
        def upload(self, *arguments: object, **named: object) -> JobView:
            raise ZeroDivisionError("odd")

    recording = LocalRecording(calls / "a.wav", "a.wav", {})
    items = [Item(recording, 5) for _ in range(10)]
    with Broken("http://127.0.0.1:9") as client:
        for thread in Uploads(client, items, {})._threads:
            thread.join()
    assert {item.error for item in items} == {"it could not be uploaded: ZeroDivisionError('odd')"}
