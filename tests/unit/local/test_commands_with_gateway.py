"""The commands on jobs do at the gateway itself what they say."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from click.testing import CliRunner, Result

from functions.gateway.deployment import Deployment
from local.cli import main
from shared.model.contracts import Source
from tests.support.gateway_jobs import INBOX, begin, done_job, fail, finish, upload

JSON_AND_SRT = {
    "json": json.dumps(
        {
            "job": {"id": "", "run": 1},
            "language": {"code": "en"},
            "media": {"duration": 2.5},
            "words": [],
            "speakers": [],
        }
    ).encode(),
    "srt": b"1\n",
}


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


def source_of(stores: Deployment, name: str) -> Source:
    found = stores.blobs.find(f"gs://{INBOX}/{name}")
    assert found is not None
    return Source(bucket=INBOX, name=name, generation=found.generation)


def test_events_are_shown_in_order_and_go_on_after_a_cursor(stores: Deployment) -> None:
    first, second = done_job(stores, "a.wav"), upload(stores, "b.wav")
    begin(stores, second)
    fail(stores, second)
    shown = call("events")
    assert [line.split()[2:] for line in shown.stdout.splitlines()] == [
        ["done", first.job_id, "a.wav"],
        ["failed", second.job_id, "b.wav"],
    ]
    cursor = shown.stderr.split()[-1]
    done_job(stores, "c.wav")
    later = call("events", "--after", cursor, "--json")
    (event,) = [json.loads(line) for line in later.stdout.splitlines()]
    assert (event["data"]["name"], later.stderr) == ("c.wav", "")
    none = call("events", "--after", event["cursor"])
    assert (none.exit_code, none.stdout) == (0, "")
    refused = call("events", "--after", "x")
    assert refused.exit_code == 1 and "cursor" in refused.stderr


def run_and_answer(stores: Deployment, name: str, *arguments: str | Path) -> Result:
    """Runs a command, and has its recording transcribed once that is uploaded."""
    before = stores.blobs.find(f"gs://{INBOX}/{name}")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(call, *arguments)
        while (found := stores.blobs.find(f"gs://{INBOX}/{name}")) == before:
            assert not running.done(), running.result().output
            time.sleep(0.01)
        assert found is not None
        source = Source(bucket=INBOX, name=name, generation=found.generation)
        begin(stores, source)
        finish(stores, source, contents=JSON_AND_SRT)
        return running.result(timeout=60)


def test_a_folder_is_transcribed_once_or_again(stores: Deployment, tmp_path: Path) -> None:
    folder, out, name = tmp_path / "calls", tmp_path / "out", "team/calls/a.wav"
    folder.mkdir()
    (folder / "a.wav").write_bytes(b"sound")
    (folder / "options.json").write_text('{"language": "de", "formats": ["srt"]}')
    command = ("run", folder, "--prefix", "team/", "--out", out, "--set", "x-order-id=77")
    done = run_and_answer(stores, name, *command, "--csv", tmp_path / "results.csv")
    assert (done.exit_code, done.stdout) == (0, f"{out / name}\n"), done.output
    assert (out / name / "transcript.srt").read_bytes() == b"1\n"
    assert f"{name},done,en,2.5,0,0," in (tmp_path / "results.csv").read_text()
    source = source_of(stores, name)
    stored = stores.blobs.find(source.uri)
    assert stored is not None
    expected = {"language": "de", "formats": '["srt"]', "x-order-id": "77"}
    assert {key: stored.metadata[key] for key in expected} == expected

    skipped = call(*command)
    assert skipped.exit_code == 0 and "has its answer already" in skipped.stderr
    assert source_of(stores, name) == source
    assert run_and_answer(stores, name, *command, "--again").exit_code == 0
    assert source_of(stores, name) != source


def test_another_recording_of_the_name_is_not_replaced(stores: Deployment, tmp_path: Path) -> None:
    source = upload(stores, "a.wav", b"of somebody else")
    stores.jobs.record_upload(source, 16, {})
    begin(stores, source)
    finish(stores, source)
    (tmp_path / "a.wav").write_bytes(b"sound")
    done = call("run", tmp_path / "a.wav", "--out", tmp_path / "out")
    assert done.exit_code == 1 and "recording called a.wav, of 16 bytes" in done.stderr
    assert source_of(stores, "a.wav") == source


def test_a_wrong_option_is_refused_by_name(stores: Deployment, tmp_path: Path) -> None:
    stores.blobs.put(f"gs://{INBOX}/options.json", b'{"diarize": 7}', if_generation_match=0)
    (tmp_path / "a.wav").write_bytes(b"sound")
    done = call("run", tmp_path / "a.wav", "--out", tmp_path / "out")
    assert done.exit_code == 1 and "options.json: diarize is 7" in done.stderr
    assert stores.blobs.find(f"gs://{INBOX}/a.wav") is None


def test_failed_jobs_are_listed_and_run_again(stores: Deployment) -> None:
    source = upload(stores)
    begin(stores, source)
    fail(stores, source)
    assert f"{source.job_id}  {source.name}  The object is not" in call("failed").stdout
    assert call("redrive", "--failed").stdout.startswith(f"{source.job_id}: run ")
    busy = call("redrive", source.name)
    assert busy.exit_code == 1 and "cancel it first" in busy.stderr


def test_a_job_is_cancelled_looked_at_and_erased_by_its_name(stores: Deployment) -> None:
    source = upload(stores)
    begin(stores, source)
    assert call("cancel", source.name).stdout == f"{source.job_id}: cancelled\n"
    assert "cancelled" in call("status", source.name).stdout
    assert call("erase", source.name, "--yes").exit_code == 0
    gone = call("status", source.job_id)
    assert gone.exit_code == 1 and "erased" in gone.stderr
    assert stores.blobs.find(source.uri) is None
    assert "1 erased" in call("status").stdout


def test_all_answers_are_fetched(stores: Deployment, tmp_path: Path) -> None:
    done_job(stores, "team/a.wav")
    done_job(stores, "b.wav")
    call("fetch", "--all", "--out", tmp_path)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.srt"))
    assert files == ["b.wav/transcript.srt", "team/a.wav/transcript.srt"]


def test_an_address_of_the_page_logs_in_once(stores: Deployment) -> None:
    source = done_job(stores, "team/a.wav")
    everything = call("page").stdout.strip()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/#login=[\w-]{22}", everything)
    one = call("page", "team/a.wav").stdout.strip()
    address, _, code = one.partition("#login=")
    assert address.endswith(f"/?job={source.job_id}")
    found = stores.keys.use_code(code)
    assert found is not None and found.name == "operator"
    assert stores.keys.use_code(code) is None
    unknown = call("page", "b.wav")
    assert unknown.exit_code == 1 and "there is no job b.wav" in unknown.stderr
