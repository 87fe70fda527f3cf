"""Answers are fetched side by side, a few at a time, and told in the order of their jobs."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from starlette.requests import Request
from starlette.responses import Response

from local.cli import main
from local.fetching import FETCHERS
from tests.support.api_server import KEY, FakeApi, serve

NAMES = [f"{letter}.wav" for letter in "abcdefghij"]


class SlowAnswers:
    """Transcripts that are given only when as many requests are there as may be at once, and that
    of the first recording only after one of each other."""

    def __init__(self, api: FakeApi) -> None:
        self._answer = api.transcript
        self._answered: set[str] = set()
        self._first = "0" * 19 + "1"
        self.at_once = 0
        self.most_at_once = 0
        api.transcript = self.transcript  # type: ignore[method-assign]

    async def transcript(self, request: Request) -> Response:
        job_id = request.path_params["id"]
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            async with asyncio.timeout(30):
                while not self._may_go(job_id):
                    await asyncio.sleep(0.01)
        finally:
            self.at_once -= 1
        self._answered.add(job_id)
        return await self._answer(request)

    def _may_go(self, job_id: str) -> bool:
        if job_id == self._first:
            return len(self._answered - {job_id}) == len(NAMES) - 1
        return self.most_at_once == FETCHERS


def finished_jobs(api: FakeApi) -> list[dict[str, Any]]:
    jobs = [api.add(name) for name in NAMES]
    for job in jobs:
        api.end(job)
    return jobs


@pytest.fixture
def slow(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    """Serves jobs that have ended, with slow answers, to which the commands are pointed."""
    api = FakeApi()
    answers = SlowAnswers(api)
    finished_jobs(api)
    with serve(api.app()) as url:
        monkeypatch.setenv("DROPSCRIBE_URL", url)
        monkeypatch.setenv("DROPSCRIBE_KEY", KEY)
        yield api
    assert answers.most_at_once == FETCHERS


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Returns the recordings of the jobs."""
    found = [tmp_path / "calls" / name for name in NAMES]
    found[0].parent.mkdir()
    for file in found:
        file.write_bytes(b"sound")
    return found


def test_a_run_fetches_answers_side_by_side(
    slow: FakeApi, files: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["run", *map(str, files), "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [str(out / name) for name in NAMES]


def test_fetch_all_writes_answers_side_by_side(slow: FakeApi, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["fetch", "--all", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [str(out / name) for name in reversed(NAMES)]


def test_a_failure_of_one_answer_keeps_no_other_from_being_written(
    api: FakeApi, files: list[Path], tmp_path: Path
) -> None:
    jobs = finished_jobs(api)
    api.refusals[f"{jobs[2]['id']}/transcript"] = (404, "it was deleted")
    out = tmp_path / "out"
    done = CliRunner().invoke(main, ["run", *map(str, files), "--out", str(out)])
    assert done.exit_code == 1
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("c.wav: ")]
    assert told.startswith("c.wav: it is not there, or the key may not see it")
    assert done.stdout.splitlines() == [str(out / name) for name in NAMES if name != "c.wav"]
