"""Shares the tests among parallel workers, for `pytest --numprocesses 2`.

The tests of one group run in one worker, one after another. A group is a file, unless GROUPS says
otherwise. pytest-xdist's own `--dist loadgroup` is not used: its version 3.8 does not see the
groups on pytest 9.2 (https://github.com/pytest-dev/pytest-xdist/issues/1386).
"""

from xdist.scheduler import LoadScopeScheduling

GROUPS = {
    "models": ("tests/models/", "tests/e2e/test_quality.py", "tests/e2e/test_restart.py"),
    "cloud": (
        "tests/e2e/test_api_examples.py",
        "tests/e2e/test_asr.py",
        "tests/e2e/test_cloud.py",
        "tests/e2e/test_corrections.py",
        "tests/e2e/test_isolation.py",
        "tests/e2e/test_job_events.py",
        "tests/e2e/test_jobs_api.py",
        "tests/e2e/test_keys.py",
        "tests/e2e/test_on_google.py",
        "tests/e2e/test_openai.py",
        "tests/e2e/test_operations.py",
        "tests/e2e/test_renaming.py",
        "tests/e2e/test_runbook.py",
        "tests/e2e/test_smoke.py",
        "tests/e2e/test_start.py",
        "tests/e2e/test_traces.py",
        "tests/e2e/test_uploads.py",
        "tests/e2e/test_unproved.py",
        "tests/e2e/test_webhooks.py",
        "tests/images/",
    ),
}
"""Folders and files that share an expensive fixture, or that must not run beside each other."""
SPREAD = ("tests/terraform/test_planted_mistakes.py",)
"""Files whose tests are groups of their own: they are independent and take long."""
SLOWEST_FIRST = (
    *GROUPS,
    "e2e",
    "hostile",
    "terraform",
    "clients",
    "browser",
    "openapi",
    "emulators",
    "contract",
    "unit",
)
"""The order in which groups are started: by name, all others by their folder, without tests/."""


class Scheduler(LoadScopeScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def group(nodeid: str) -> str:
    """Returns the name of the group that a test belongs to."""
    file = nodeid.partition("::")[0]
    for name, paths in GROUPS.items():
        if file.startswith(paths):
            return name
    return nodeid if file in SPREAD else file


def place(nodeid: str) -> int:
    """Returns the index in SLOWEST_FIRST of a test's group, or else of its folder."""
    name = group(nodeid)
    folder = nodeid.removeprefix("tests/").partition("/")[0]
    return SLOWEST_FIRST.index(name if name in GROUPS else folder)
