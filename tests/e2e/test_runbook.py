"""The procedures in docs/operations.md work on the one-machine cloud.

Operations on jobs are tested in test_operations.py, killed processes in test_restart.py, random
full disks and outages in test_chaos.py.
"""

import json
import subprocess
from pathlib import Path

import psutil
import pytest
from google.api_core.exceptions import ServiceUnavailable

from local.layout import INBOX, OUTBOX
from shared.model.contracts import Source
from tests.support.cloud import SHORT_LEASES, Cloud, stopped
from tests.support.recordings import speech, wav
from tests.support.slow import ENVIRONMENT
from tests.support.small_disk import CannotMount, filled, small_disk

FIVE_SECONDS = speech()[104_000:184_000]
SLOWLY = {"language": "en", "initial-prompt": "slowly"}


def at_work(cloud: Cloud, source: Source) -> bool:
    return any(
        task.stage == "transcribe" and task.state == "running"
        for task in cloud.jobs.records.of_job(source.job_id)
    )


@pytest.fixture
def transcribed(cloud: Cloud, request: pytest.FixtureRequest) -> Source:
    """A recording that is being transcribed."""
    source = cloud.upload(f"{request.node.name}.wav", wav(FIVE_SECONDS), SLOWLY)
    cloud.until(lambda: at_work(cloud, source), 30, "transcription at work")
    return source


@pytest.mark.slow
def test_a_stage_that_hangs_is_ended_by_down_and_begun_again_by_up(
    cloud: Cloud, transcribed: Source
) -> None:
    with stopped(cloud.processes("transcribe")[1:]):
        cloud.down()
    cloud.up()
    assert cloud.answer(transcribed).transcript["job"]["run"] == 1
    (task,) = [
        task for task in cloud.jobs.records.of_job(transcribed.job_id) if task.stage == "transcribe"
    ]
    assert task.attempts == 2, "a stage that hangs counts as one that died"


def test_while_storage_is_away_jobs_wait_and_then_go_on(cloud: Cloud, transcribed: Source) -> None:
    with stopped(cloud.processes("storage")):
        cloud.until(lambda: not answers(cloud), 10, "silence of the bucket server")
        assert cloud.job(transcribed).state == "running"
    assert cloud.answer(transcribed).transcript


def answers(cloud: Cloud) -> bool:
    return any(process.status() != psutil.STATUS_STOPPED for process in cloud.processes("storage"))


@pytest.mark.slow
def test_after_a_bad_deployment_all_that_failed_is_run_again(cloud: Cloud) -> None:
    """Mended in a shell in which `dropscribe env` was evaluated."""
    good, exported = dict(cloud.environment), exports(cloud)
    cloud.down()
    cloud.environment["DROPSCRIBE_TRANSCRIBER"] = "nonesuch:load"
    try:
        cloud.up()
        source = cloud.upload("bad-deployment.wav", wav(FIVE_SECONDS), {"language": "en"})
        assert cloud.answer(source).problem["type"] == "urn:dropscribe:problem:bug"
        assert "nonesuch" in cloud.command("logs", "transcribe").stdout
    finally:
        cloud.down()
        cloud.environment = good | exported
        cloud.up()
        cloud.environment = good
    cloud.command("redrive", "--failed")
    cloud.until(lambda: cloud.job(source).state == "done", 30, "end of the second run")


def test_one_that_cannot_be_run_again_does_not_keep_the_others_from_it(cloud: Cloud) -> None:
    replaced = cloud.upload("failed/a.wav", wav(FIVE_SECONDS), {"language": "xx"})
    cloud.answer(replaced)
    cloud.answer(cloud.upload("failed/a.wav", wav(FIVE_SECONDS), {"language": "en"}))
    wrong = cloud.upload("failed/b.wav", wav(FIVE_SECONDS), {"language": "xx"})
    cloud.answer(wrong)
    done = cloud.command("redrive", replaced.job_id, wrong.job_id, "--set", "language=en")
    assert (done.returncode, done.stdout) == (1, f"{wrong.job_id}: run 3\n")
    assert f"{replaced.job_id}: The recording is not in the inbox any more" in done.stderr
    cloud.until(lambda: cloud.job(wrong).state == "done", 30, "end of the second run")


def test_an_unknown_option_stands_until_it_is_taken_out_of_the_metadata(cloud: Cloud) -> None:
    source = cloud.upload("misspelt.wav", wav(FIVE_SECONDS), {"langage": "en"})
    assert "there is no option 'langage'" in cloud.answer(source).problem["detail"]
    refused = cloud.command("redrive", source.job_id, "--set", "language=en")
    assert refused.returncode == 1 and "did you mean 'language'?" in refused.stderr
    assert cloud.job(source).run == 1, "nothing has started"
    blob = cloud.client.bucket(INBOX).get_blob(source.name)
    blob.metadata = {"langage": None}
    blob.patch()
    cloud.command("redrive", source.job_id)
    cloud.until(lambda: cloud.job(source).state == "done", 30, "end of the second run")


def test_a_redrive_tidies_up_after_an_answer_whose_end_was_cut_off(cloud: Cloud) -> None:
    source = cloud.upload("twice.wav", wav(FIVE_SECONDS))
    answer = cloud.answer(source).files["transcript.json"]
    stray = cloud.client.bucket(OUTBOX).blob("twice.wav/problem.json")
    stray.metadata = {"dropscribe-generation": str(source.generation), "dropscribe-run": "1"}
    stray.upload_from_string(b"{}")
    assert cloud.command("redrive", source.job_id).returncode == 0
    cloud.until(
        lambda: cloud.job(source).run == 3 and cloud.settled(source), 30, "end of the second run"
    )
    files = cloud.answer(source).files
    assert "problem.json" not in files
    assert json.loads(files["transcript.json"])["words"] == json.loads(answer)["words"]


def exports(cloud: Cloud) -> dict[str, str]:
    """Returns the variables that a shell has once it has evaluated `dropscribe env`."""
    printed = cloud.command("env").stdout
    names = [line.removeprefix("export ").partition("=")[0] for line in printed.splitlines()]
    script = f"{printed}\nenv -0"
    done = subprocess.run(("bash", "-c", script), capture_output=True, text=True, check=True)
    variables = dict(word.split("=", 1) for word in done.stdout.split("\0") if word)
    return {name: variables[name] for name in names}


@pytest.mark.slow
def test_a_full_disk_is_named_and_work_goes_on_when_there_is_room(tmp_path: Path) -> None:
    try:
        with small_disk(tmp_path / "home", 48) as disk:
            fill_and_free(Cloud(disk, {**ENVIRONMENT, **SHORT_LEASES}), disk)
    except CannotMount as reason:
        pytest.skip(str(reason))


def fill_and_free(cloud: Cloud, disk: Path) -> None:
    cloud.up()
    try:
        source = cloud.upload("before.wav", wav(FIVE_SECONDS), SLOWLY)
        cloud.until(lambda: at_work(cloud, source), 30, "transcription at work")
        with filled(disk):
            blob = cloud.client.bucket(INBOX).blob("meanwhile.wav")
            with pytest.raises(ServiceUnavailable, match="The disk is full"):
                blob.upload_from_string(wav(FIVE_SECONDS), retry=None)
            cloud.down()
        with filled(disk):  # once more: what ends tidies up, which makes room
            done = cloud.command("up")
            assert done.returncode == 1 and "The disk is full" in done.stderr
        cloud.up()
        assert cloud.answer(source, 90).transcript
    finally:
        cloud.down()
