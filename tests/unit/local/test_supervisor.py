"""The supervisor restarts processes, gives up those that cannot start, and writes their logs.

Its processes are real and trivial.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.child_process import MOST_DEATHS
from local.layout import Layout
from local.log_reading import last_line, parse, read_lines
from local.processes import Process
from local.supervisor import Supervisor

TIMEOUT = 60.0
DIES = "print('cannot start', flush=True); raise SystemExit(3)"
STAYS = "import time; print('here', flush=True); time.sleep(600)"
FLOODS = "for number in range(20_000): print(f'line {number}')"


def python(name: str, code: str) -> Process:
    return Process(name, (sys.executable, "-c", code), {}, port=1)


@contextmanager
def supervisor(home: Layout, *processes: Process) -> Iterator[Supervisor]:
    supervisor = Supervisor(home, processes)
    try:
        yield supervisor
    finally:
        supervisor.stop_all()
        supervisor.close()


def run_until(supervisor: Supervisor, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT
    while not condition():
        assert time.monotonic() < deadline, supervisor.recorded
        supervisor.look_once()


def texts(home: Layout, name: str) -> list[str]:
    return [line.text for line in parse(read_lines(home.log(name)), name)]


def test_what_ends_each_time_before_the_cloud_is_up_is_given_up(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    with supervisor(home, python("align", DIES), python("storage", STAYS)) as supervised:
        run_until(supervised, lambda: supervised.children[0].is_given_up)
        supervised.look_once()
        assert json.loads(home.deaths.read_text()) == {"align": MOST_DEATHS}
        assert texts(home, "align") == ["cannot start"] * MOST_DEATHS
        assert last_line(home.log("align")) == "cannot start"
        assert supervised.children[1].child.poll() is None
    reports = texts(home, "supervisor")
    assert reports == [
        "WARNING process ended; restarting it process=align code=3",
        "WARNING process ended; restarting it process=align code=3",
        "WARNING process ended too often; giving it up process=align code=3",
    ]


def test_what_ends_once_the_cloud_is_up_is_always_restarted(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    home.ready.touch()
    with supervisor(home, python("align", DIES)) as supervised:
        run_until(supervised, lambda: supervised.children[0].deaths > MOST_DEATHS)
        assert not supervised.children[0].is_given_up


def test_all_that_a_process_prints_is_in_its_log(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    with supervisor(home, python("align", FLOODS)) as supervised:
        child = supervised.children[0].child
        run_until(supervised, lambda: child.poll() is not None)
        run_until(supervised, lambda: supervised.children[0].deaths == 1)
        printed = texts(home, "align")[:20_000]
    assert printed == [f"line {number}" for number in range(20_000)]


def test_what_prints_while_it_is_stopped_can_end(tmp_path: Path) -> None:
    """A process that waits for room in a pipe that nobody reads would have to be killed."""
    home = Layout(tmp_path)
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    print('x' * 1_000_000, flush=True)\n"
        "    sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('here', flush=True)\n"
        "time.sleep(600)\n"
    )
    with supervisor(home, python("align", code)) as supervised:
        run_until(supervised, lambda: home.log("align").stat().st_size > 0)
        child = supervised.children[0].child
    assert child.returncode == 0


@pytest.mark.parametrize("is_up", [False, True])
def test_a_long_life_makes_up_for_deaths_only_once_the_cloud_is_up(
    tmp_path: Path, is_up: bool
) -> None:
    with supervisor(Layout(tmp_path), python("align", STAYS)) as supervised:
        child = supervised.children[0]
        child.deaths = 2
        child.started -= 3600
        assert not child.note_end(is_up)
        assert child.deaths == (0 if is_up else 2)
