"""A deployment of another version in the middle of jobs loses nothing and answers correctly.

The cloud runs from a checkout of its own, with engines that do nothing. A deploy changes the
checkout and ends the functions' processes, as Cloud Run replaces instances; the executions of the
workflow know nothing of it.
"""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from local.layout import STAGES, WORK
from local.processes import slots
from shared.model.contracts import Source
from tests.support.cloud import Cloud
from tests.support.recordings import speech, wav
from tests.support.slow import ENVIRONMENT

ROOT = Path(__file__).parents[2]
FIVE_SECONDS = speech()[104_000:184_000]
SLOWLY = {"language": "en", "initial-prompt": "slowly"}
UPLOADS = slots("transcribe") + 3
"""More than are transcribed at once, so that a deploy finds some before, in and after it."""
CHANGED = ("transcribe", "align")


@dataclass(frozen=True)
class Deployed:
    cloud: Cloud
    checkout: Path

    def deploy(self, version: str) -> None:
        """Give two stages that version, and replace the processes of all."""
        for stage in CHANGED:
            source = self.checkout / "functions" / stage / "stage.py"
            source.write_text(
                re.sub(
                    r'^VERSION = ".*"$',
                    f'VERSION = "{version}"',
                    source.read_text(),
                    flags=re.MULTILINE,
                )
            )
        replaced = [process for stage in STAGES for process in self.cloud.processes(stage)]
        assert replaced
        for stage in STAGES:
            self.cloud.processes(stage)[0].terminate()
        self.cloud.until(
            lambda: not any(process.is_running() for process in replaced), 60, "end of the replaced"
        )

    def versions(self, source: Source, stage: str) -> set[str]:
        """Those that the stage's answers were given by, as they lie in the work bucket."""
        answers = [
            name
            for name in self.cloud.work(source)
            if re.search(rf"/{stage}/[0-9a-f]{{20}}[.]json$", name)
        ]
        bucket = self.cloud.client.bucket(WORK)
        return {
            json.loads(bucket.blob(name).download_as_bytes())["stage_version"] for name in answers
        }

    def asked(self, source: Source, stage: str) -> list[datetime]:
        """When each question that the stage was asked about the recording was last worked on."""
        return [
            task.started
            for task in self.cloud.jobs.records.of_job(source.job_id)
            if task.stage == stage
        ]

    def redrive(self, source: Source) -> dict[str, Any]:
        done = self.cloud.command("redrive", source.job_id)
        assert done.returncode == 0, done.stderr
        run = int(done.stdout.rpartition("run ")[2])
        self.cloud.until(lambda: self.ended(source, run), 120, f"end of run {run}")
        return self.cloud.answer(source).transcript

    def ended(self, source: Source, run: int) -> bool:
        job = self.cloud.job(source)
        return (job.run, job.state) == (run, "done")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("deployed")
    checkout = folder / "checkout"
    for part in ("dropscribe", "functions", "shared", "local", "workflows", "tests"):
        shutil.copytree(ROOT / part, checkout / part, ignore=shutil.ignore_patterns("__pycache__"))
    paths = {"PYTHONPATH": str(checkout), "PYTHONSAFEPATH": "1"}  # not from where the tests are run
    leases = {"DROPSCRIBE_LEASE": "6", "DROPSCRIBE_HEARTBEAT": "1.5"}
    cloud = Cloud(folder / "home", {**ENVIRONMENT, **paths, **leases})
    cloud.up()
    yield Deployed(cloud, checkout)
    cloud.down()


@pytest.mark.slow
def test_a_deploy_in_the_middle_of_jobs_loses_nothing(deployed: Deployed) -> None:
    cloud = deployed.cloud
    first = cloud.upload("first.wav", wav(FIVE_SECONDS), {"language": "en"})
    expected = cloud.answer(first).transcript["words"]
    (old,) = deployed.versions(first, "transcribe")
    sources = [
        cloud.upload(f"{number}.wav", wav(FIVE_SECONDS), SLOWLY) for number in range(UPLOADS)
    ]
    cloud.until(lambda: all(cloud.jobs.find(source.job_id) for source in sources), 120, "all jobs")
    cloud.until(
        lambda: any(deployed.asked(source, "align") for source in sources),
        120,
        "a transcribed part",
    )
    executions = {source: cloud.job(source).execution for source in sources}
    deployed.deploy("new")
    for source in sources:
        transcript = cloud.answer(source, 120).transcript
        assert transcript["words"] == expected
        assert (transcript["job"]["run"], cloud.job(source).execution) == (1, executions[source]), (
            "it went on"
        )
        assert len(deployed.asked(source, "prepare")) == 1, "what did not change is not asked again"
    given = [deployed.versions(source, "transcribe") for source in sources]
    assert set().union(*given) == {old, "new"}, (
        "some were transcribed before the deploy, and some after it"
    )


@pytest.mark.slow
def test_a_redrive_asks_the_new_version_and_a_rollback_finds_what_the_old_one_said(
    deployed: Deployed,
) -> None:
    source = deployed.cloud.upload("kept.wav", wav(FIVE_SECONDS), {"language": "en"})
    words = deployed.cloud.answer(source).transcript["words"]
    (old,) = deployed.versions(source, "transcribe")
    deployed.deploy("newer")
    assert deployed.redrive(source)["words"] == words
    assert deployed.versions(source, "transcribe") == {old, "newer"}
    assert len(deployed.asked(source, "prepare")) == 1
    asked = deployed.asked(source, "transcribe")
    deployed.deploy(old)
    assert deployed.redrive(source)["words"] == words
    assert deployed.asked(source, "transcribe") == asked, "the old version's answer was still there"
