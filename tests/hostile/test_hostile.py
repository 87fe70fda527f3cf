"""Hundreds of hostile recordings do no harm, and a crash, hang or forbidden read is detected."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
import pytest

from functions.prepare.memory import MOST
from tests.hostile.attempt import attempt
from tests.hostile.contained import Child, contained
from tests.hostile.inputs import Hostile, by_hand, hostile
from tests.hostile.outside import Watch, watched
from tests.hostile.recordings import KINDS, recorded
from tests.hostile.references import references

SEED = 1
MUTANTS = 200


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    with watched(tmp_path_factory.mktemp("outside")) as watch:
        yield watch


def test_whatever_comes_ends_in_an_answer_or_a_problem(watch: Watch) -> None:
    made = len(by_hand(watch.outside))
    before = watch.touched()
    outcomes = dict(contained(SEED, range(made + MUTANTS), watch.outside))
    assert len(outcomes) == made + MUTANTS
    assert {number: outcome for number, outcome in outcomes.items() if not outcome.right} == {}
    assert max(outcome.peak for outcome in outcomes.values()) * 2**20 < MOST
    assert sum(outcomes[number].sound for number in range(made, made + MUTANTS)) > 0.3 * MUTANTS
    assert watch.touched() == before, "something outside was opened"


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_is_whole_before_it_is_broken(kind: str) -> None:
    assert attempt(Hostile(kind, "nothing", recorded(kind))).end == "answer"


def test_the_same_number_is_the_same_input(watch: Watch) -> None:
    first = len(by_hand(watch.outside))
    for number in (first, first + 7):
        assert hostile(SEED, number, watch.outside) == hostile(SEED, number, watch.outside)
    assert hostile(SEED, first, watch.outside) != hostile(SEED + 1, first, watch.outside)


def test_a_crash_and_a_hang_are_outcomes(watch: Watch) -> None:
    for death, end in ((signal.SIGSEGV, "crash"), (signal.SIGSTOP, "hang")):
        child = Child(SEED, watch.outside, deadline=1)
        try:
            os.kill(child.pid, death)
            assert child.attempt(0).end == end
        finally:
            child.end()


UNPROTECTED = {"protocol_whitelist": "file,http,tcp", "enable_drefs": "1", "use_absolute_path": "1", "safe": "0"}


@pytest.mark.parametrize(
    ("what", "ending"),
    [
        ("hls of a file url", "m3u8"),
        ("hls of an address", "m3u8"),
        ("concat of a file", "ffconcat"),
        ("a mov alias naming a file", "mov"),
    ],
)
def test_libav_left_alone_would_open_what_is_named(what: str, ending: str, watch: Watch, tmp_path: Path) -> None:
    path, before = tmp_path / f"list.{ending}", watch.touched()
    path.write_bytes(references(watch.outside)[what])
    with suppress(av.FFmpegError):  # nobody answers at the address
        av.open(str(path), container_options=UNPROTECTED, timeout=2.0).close()
    assert watch.touched() > before


def test_an_attempt_opens_nothing_of_it(watch: Watch, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(watch.outside.folder)
    before = watch.touched()
    for what, data in references(watch.outside).items():
        attempt(Hostile("reference", what, data))
    assert watch.touched() == before


def test_nothing_is_reported_home(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "import shared.process\nfrom functions.prepare.speech import session; session()")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_"))}
    subprocess.run(command, env={**environment, "HOME": str(tmp_path)}, check=True, timeout=60)
    assert not list(tmp_path.rglob("*")), "onnxruntime keeps there what it is going to send"
