"""The walk through docs/unproved.md checks each step it can on the one-machine cloud."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.deployed.checks import CHECKS
from tests.deployed.steps import of, steps
from tests.support.cloud import Cloud

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "A second plan is empty",
    "Every function starts",
    "Calls from outside are refused",
    "The workflow is accepted",
    "Time to live",
    "A job event is published",
    "The API refuses strangers",
}
"""Steps with a check that needs Google."""
OTHERWISE = {"The cost of a job", "An error in a parallel branch"}
"""Steps that fail here: the one-machine cloud has no prices, and engines that do nothing accept any
model."""


def walk(
    environment: Mapping[str, str], report: Path, *arguments: str, said: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", "tests.deployed.walk", "--report", str(report), *arguments),
        cwd=ROOT,
        env={**os.environ, **environment},
        input=said,
        capture_output=True,
        text=True,
        timeout=300,
    )


def at(cloud: Cloud) -> dict[str, str]:
    """What `dropscribe env` prints, and the job store."""
    return {
        **cloud.printed_environment(),
        "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.sqlite:SqliteDocuments",
        "DROPSCRIBE_JOB_DATABASE": str(cloud.home.jobs),
    }


def verdicts(report: Path) -> dict[str, tuple[str, str]]:
    """Title -> (verdict, what was seen), of a report."""
    rows = [
        line.strip("| ").split(" | ")
        for line in report.read_text().splitlines()
        if line.startswith("| ")
    ][1:]
    return {row[0].partition(". ")[2]: (row[1], row[2]) for row in rows}


def number(title: str) -> str:
    return next(str(step.number) for step in steps() if step.title == title)


def test_every_step_says_what_to_do_and_what_is_expected() -> None:
    found = steps()
    assert [step.number for step in found] == list(range(1, len(found) + 1))
    assert all(step.title and step.do and step.expected for step in found)
    assert len({step.title for step in found}) == len(found)


def test_every_check_belongs_to_a_step() -> None:
    assert CHECKS.keys() <= {step.title for step in steps()}


def test_a_step_without_an_expectation_is_refused() -> None:
    with pytest.raises(ValueError, match="what is Expected"):
        list(of("Heading\n\n1. **A title.** Do it."))


@pytest.mark.slow
def test_what_can_be_seen_here_is_as_expected(cloud: Cloud, tmp_path: Path) -> None:
    report = tmp_path / "report.md"
    done = walk(at(cloud), report, "--no-questions")
    assert done.returncode == 1, done.stderr
    seen = verdicts(report)
    assert len(seen) == len(steps())
    here = CHECKS.keys() - ELSEWHERE - OTHERWISE
    assert {title: seen[title] for title in here if seen[title][0] != "as expected"} == {}
    assert {seen[title][0] for title in OTHERWISE} == {"NOT as expected"}
    assert {seen[title][0] for title in seen.keys() - CHECKS.keys() | ELSEWHERE} == {
        "not looked at"
    }
    assert "Traceback" not in done.stderr


def test_what_is_not_as_expected_is_reported(cloud: Cloud, tmp_path: Path) -> None:
    """The bucket that is named as the inbox is not the one that the workflow's executions are
    for."""
    environment = {**at(cloud), "DROPSCRIBE_INBOX": "dropscribe-outbox"}
    cloud.until(lambda: bool(cloud.command("status").stdout), 30, "jobs")
    done = walk(
        environment,
        tmp_path / "report.md",
        "--no-questions",
        "--steps",
        number("Only uploads start executions"),
    )
    assert done.returncode == 1
    assert verdicts(tmp_path / "report.md")["Only uploads start executions"][0] == "NOT as expected"


def test_a_check_that_breaks_is_what_was_seen(tmp_path: Path) -> None:
    nowhere = {
        "STORAGE_EMULATOR_HOST": "http://127.0.0.1:9",
        "DROPSCRIBE_INBOX": "a",
        "DROPSCRIBE_OUTBOX": "b",
        "DROPSCRIBE_EXECUTIONS_HOST": "127.0.0.1:9",
    }
    done = walk(
        nowhere,
        tmp_path / "report.md",
        "--no-questions",
        "--steps",
        number("An object that is not a recording is ignored"),
    )
    assert done.returncode == 1
    verdict, seen = verdicts(tmp_path / "report.md")["An object that is not a recording is ignored"]
    assert verdict == "NOT as expected" and "ServiceUnavailable" in seen


def test_a_person_is_asked_where_only_eyes_can_tell(cloud: Cloud, tmp_path: Path) -> None:
    chosen = ("The first deployment succeeds", "The alert arrives", "CUDA")
    said = "y\nfour minutes\nwhat?\nno\nno mail | none\ns\n"
    done = walk(at(cloud), tmp_path / "report.md", "--steps", *map(number, chosen), said=said)
    assert done.returncode == 1, done.stderr
    assert verdicts(tmp_path / "report.md") == {
        "The first deployment succeeds": ("as expected", "four minutes"),
        "The alert arrives": ("NOT as expected", "no mail \\| none"),
        "CUDA": ("not looked at", "skipped"),
    }
    assert "1 as expected, 1 NOT as expected, 1 not looked at" in done.stdout


def test_a_step_that_is_not_there_is_refused(cloud: Cloud, tmp_path: Path) -> None:
    done = walk(at(cloud), tmp_path / "report.md", "--steps", "999")
    assert (done.returncode, done.stderr) == (1, "unproved: docs/unproved.md has no step 999\n")


WORKFLOW = "projects/p/locations/l/workflows/w"
SERVICE = {
    "metadata": {"name": "p"},
    "status": {"url": "https://p", "conditions": [{"type": "Ready", "status": "True"}]},
}
TTL = "projects/p/databases/(default)/collectionGroups/{}/fields/expires"
TTLS = (
    "jobs",
    "tasks",
    "reconcile",
    "keys",
    "sessions",
    "login_codes",
    "uploads",
    "events",
    "batches",
    "webhooks",
    "deliveries",
)
TOLD = {
    "workflows describe": {"state": "ACTIVE"},
    "run services": [SERVICE],
    "firestore fields": [
        {"name": TTL.format(group), "ttlConfig": {"state": "ACTIVE"}} for group in TTLS
    ],
}
"""What gcloud prints where all is well, cut to what is read of it."""


def program(folder: Path, name: str, source: str) -> None:
    (folder / name).write_text(f"#!{sys.executable}\n{source}")
    (folder / name).chmod(stat.S_IRWXU)


@pytest.fixture
def google(tmp_path: Path) -> dict[str, str]:
    """A deployment as Terraform tells of it, and a gcloud that answers from TOLD."""
    outputs = {
        "inbox": "in",
        "outbox": "out",
        "workflow": WORKFLOW,
        "services": {"prepare": "https://p"},
        "database": "d",
    }
    told = json.dumps({name: {"value": value} for name, value in outputs.items()})
    program(
        tmp_path,
        "terraform",
        f"import sys\nprint({told!r} if 'output' in sys.argv else 'No changes.')",
    )
    (tmp_path / "told.json").write_text(json.dumps(TOLD))
    program(
        tmp_path,
        "gcloud",
        f"import json, sys\ntold = json.load(open({str(tmp_path / 'told.json')!r}))\n"
        "print(json.dumps(told[' '.join(sys.argv[1:3])]))",
    )
    return {"PATH": f"{tmp_path}:{os.environ['PATH']}"}


GOOGLES = (
    "A second plan is empty",
    "Every function starts",
    "The workflow is accepted",
    "Time to live",
)


def test_what_gcloud_and_terraform_tell_is_read(google: dict[str, str], tmp_path: Path) -> None:
    done = walk(google, tmp_path / "report.md", "--no-questions", "--steps", *map(number, GOOGLES))
    assert done.returncode == 0, done.stdout + done.stderr
    assert {verdict for verdict, _ in verdicts(tmp_path / "report.md").values()} == {"as expected"}


@pytest.mark.parametrize(
    ("title", "command", "told"),
    [
        ("The workflow is accepted", "workflows describe", {"state": "UNAVAILABLE"}),
        ("Every function starts", "run services", []),
        ("Time to live", "firestore fields", TOLD["firestore fields"][:1]),  # type: ignore[index]
    ],
)
def test_what_gcloud_tells_otherwise_is_not_as_expected(
    google: dict[str, str], tmp_path: Path, title: str, command: str, told: object
) -> None:
    (tmp_path / "told.json").write_text(json.dumps({**TOLD, command: told}))
    done = walk(google, tmp_path / "report.md", "--no-questions", "--steps", number(title))
    assert done.returncode == 1, done.stdout + done.stderr
    assert verdicts(tmp_path / "report.md")[title][0] == "NOT as expected"
