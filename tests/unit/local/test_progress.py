"""Proves that the command's job store has the deployment's settings."""

import json
import os
import subprocess
import sys
from pathlib import Path

SHOW = """
import json
from local.progress import connect
from shared.runtime.wiring import job_store
from local.layout import layout

connect(layout())
jobs = job_store()
limits = jobs.limits
documents = type(jobs.documents)
name = f"{documents.__module__}:{documents.__name__}"
print(json.dumps([limits.lease, limits.attempts, limits.keep_days, jobs.notifies, name]))
"""
"""Run in a process of its own, because `connect` changes the process's environment."""


def shown(home: Path, **environment: str) -> list[object]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DROPSCRIBE_")}
    env = {**ours, "DROPSCRIBE_HOME": str(home), **environment}
    done = subprocess.run(
        (sys.executable, "-c", SHOW), env=env, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_the_commands_job_store_has_the_settings_limits(tmp_path: Path) -> None:
    changed = {
        "LEASE": "20",
        "ATTEMPTS": "5",
        "KEEP_DAYS": "3",
        "EVENTS_TOPIC": "projects/p/topics/t",
    }
    changed["JOB_DOCUMENTS"] = "shared.adapters.memory:MemoryDocuments"
    environment = {f"DROPSCRIBE_{name}": value for name, value in changed.items()}
    assert shown(tmp_path, **environment) == [
        20,
        5,
        3,
        True,
        "shared.adapters.memory:MemoryDocuments",
    ]


def test_without_settings_the_jobs_are_in_the_homes_database(tmp_path: Path) -> None:
    assert shown(tmp_path) == [60, 3, 30, False, "shared.adapters.sqlite:SqliteDocuments"]
    assert (tmp_path / "jobs" / "jobs.sqlite").exists()
