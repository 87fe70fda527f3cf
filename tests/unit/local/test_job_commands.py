"""Commands on jobs call the HTTP API, and say in plain words what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from local.cli import main
from local.status_command import list_lines
from local.table import table
from shared.model.api import JobSummary
from tests.support.api_server import FakeApi


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def test_a_job_is_found_by_its_id_and_by_its_name(api: FakeApi) -> None:
    api.add("team/a.wav")
    newest = api.add("team/a.wav")
    api.add("team/a.wav.old")
    for text in (newest["id"], "team/a.wav"):
        assert call("cancel", text).stdout == f"{newest['id']}: cancelled\n"


def test_a_name_may_lack_the_folder_of_the_key(api: FakeApi) -> None:
    api.folder = "team/"
    job = api.add("team/a.wav")
    assert call("cancel", "a.wav").stdout == f"{job['id']}: cancelled\n"


@pytest.mark.parametrize("command", ["status", "cancel", "erase", "fetch", "redrive"])
@pytest.mark.parametrize("text", ["nonesuch", "0" * 20])
def test_a_missing_job_is_reported(api: FakeApi, command: str, text: str) -> None:
    done = call(command, text)
    assert (done.exit_code, done.stderr) == (1, f"Error: there is no job {text}\n")


def test_a_redrive_has_the_options_that_are_set(api: FakeApi) -> None:
    job = api.add("a.wav", state="failed")
    assert call("redrive", "a.wav").stdout == f"{job['id']}: run 3\n"
    call("redrive", job["id"], "--set", "Speakers=2")
    call("redrive", "--failed", "--reset-options")
    job.update(state="failed")
    call("redrive", "--failed", "--reset-options")
    assert api.uploads == [{"options": None}, {"options": {"speakers": "2"}}, {"options": {}}]


def test_a_redrive_that_is_refused_keeps_no_other_from_it(api: FakeApi) -> None:
    refused, other = api.add("a.wav"), api.add("b.wav")
    api.refusals[f"{refused['id']}/redrive"] = (409, "it is running; cancel it first")
    done = call("redrive", "a.wav", "b.wav")
    assert (done.exit_code, done.stdout) == (1, f"{other['id']}: run 3\n")
    assert f"{refused['id']}: it is running; cancel it first\n" in done.stderr
    assert "jobs that were not run again: 1" in done.stderr


def test_a_redrive_has_no_tags(api: FakeApi) -> None:
    done = call("redrive", "a.wav", "--set", "x-order=7")
    assert done.exit_code == 2 and "a tag is given when a recording is uploaded" in done.stderr


def test_an_erasure_asks_about_what_is_there_and_says_what_stays(api: FakeApi) -> None:
    api.add("a.wav")
    refused = CliRunner().invoke(main, ["erase", "a.wav"], input="n\n")
    assert refused.exit_code == 1 and "Delete a.wav, its answer and" in refused.stdout
    assert len(api.jobs) == 1
    done = call("erase", "a.wav", "--yes")
    assert done.stdout == "erased a.wav; answers that were fetched into folders stay\n"
    assert api.jobs == {}


def test_answers_are_fetched_by_name(api: FakeApi, tmp_path: Path) -> None:
    api.end(api.add("team/a.wav"))
    api.add("b.wav")
    done = call("fetch", "team/a.wav", "b.wav", "--out", str(tmp_path))
    assert (done.exit_code, done.stdout) == (1, f"{tmp_path / 'team/a.wav'}\n")
    assert "b.wav: running, no answer yet\n" in done.stderr
    assert (tmp_path / "team/a.wav/transcript.srt").exists()


def test_all_answers_are_fetched_once_and_the_newest_of_a_name(
    api: FakeApi, tmp_path: Path
) -> None:
    api.end(api.add("team/a.wav"))
    api.fail(api.add("team/a.wav"), "cut")
    api.end(api.add("team/b.wav"))
    api.end(api.add("other/c.wav"))
    done = call("fetch", "--all", "--prefix", "team/", "--out", str(tmp_path))
    fetched = {tmp_path / "team/a.wav", tmp_path / "team/b.wav"}
    assert set(map(Path, done.stdout.splitlines())) == fetched
    assert (tmp_path / "team/a.wav/problem.json").exists()
    again = call("fetch", "--all", "--prefix", "team/b", "--out", str(tmp_path))
    assert (again.exit_code, again.stdout) == (0, "")


@pytest.mark.parametrize(
    "name", ["a/../../../etc/passwd.wav", "../up.wav", "/etc/passwd", "//a", ".", "a/./b"]
)
def test_no_name_leads_out_of_the_folder(api: FakeApi, tmp_path: Path, name: str) -> None:
    out = tmp_path / "deep" / "out"
    api.end(api.add(name))
    assert call("fetch", name, "--out", str(out)).exit_code == 0
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 2 and all(out in path.parents for path in written)


def test_failures_are_listed_with_their_reasons(api: FakeApi) -> None:
    job = api.add("a.wav")
    api.fail(job, "no known audio format")
    api.add("b.wav")
    reason = "The object is not a recording that can be decoded: no known audio format"
    assert call("failed").stdout == f"{job['id']}  a.wav  {reason}\n"
    (listed,) = json.loads(call("failed", "--json").stdout)
    assert (listed["name"], listed["problem"]["status"]) == ("a.wav", 415)


def test_status_lists_the_newest_jobs_and_counts_them(api: FakeApi) -> None:
    for number in range(4):
        api.add(f"{number}.wav")
    api.end(api.jobs[f"{4:020x}"])
    lines = call("status", "--limit", "3").stdout.splitlines()
    assert [line.split()[1] for line in lines[:4]] == ["recording", "3.wav", "2.wav", "1.wav"]
    assert "31 s" in lines[1] and lines[4] == "2 running, 1 done"
    assert len(json.loads(call("status", "--json").stdout)) == 4
    assert call("status", "--limit", "-3").stdout.splitlines()[-1] == "there are no jobs"


def test_status_of_a_job_shows_all_of_it(api: FakeApi) -> None:
    job = api.add("a.wav", metadata={"x-order": "7"}, warnings=["no_speech"])
    text = call("status", "a.wav").stdout
    for shown in (
        job["id"],
        "x-order         7",
        "no_speech",
        'language        "en" (object metadata)',
        "prepare         done, 0.4 s",
        "transcribe      8 of 24, 91.0 s",
        "progress        4 min left",
    ):
        assert shown in text
    assert json.loads(call("status", "a.wav", "--json").stdout)["progress"]["share"] == 0.35


def test_a_job_is_watched_until_it_has_ended(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.status_command.WATCH_SECONDS", 0)
    api.looks_until_end, api.views_count = 4, True
    api.add("a.wav")
    text = call("status", "a.wav", "--watch").stdout
    assert text.index("running") < text.index("done\n")


JOB_NAME = "recordings of the town council/2026-01-02 meeting.wav"


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_a_table_fits_the_terminal(api: FakeApi, width: int) -> None:
    job = JobSummary.model_validate(api.add(JOB_NAME))
    rows = [line.split("  ") for line in list_lines([job])[:2]]
    cells = [[cell for cell in row if cell] for row in rows]
    lines = table([cells[0][:3], cells[1][:3]], name_column=1, width=width)
    assert all(len(line) <= width for line in lines)
    assert lines[1].startswith(job.id) and ("meeting.wav" in lines[1]) == (width >= 60)


def test_a_missing_server_is_reported(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dropscribe.exchange.FIRST_PAUSE", 0)
    done = call("status", "--url", "http://127.0.0.1:9")
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: http://127.0.0.1:9 does not answer: ")


@pytest.mark.parametrize("command", ["status", "failed", "fetch --all", "keys me", "redrive x"])
def test_a_cloud_that_is_down_is_reported(home: Path, command: str) -> None:
    done = call(*command.split())
    assert done.exit_code == 1
    assert done.stderr == "Error: the one-machine cloud is not up: run `dropscribe up`\n"
