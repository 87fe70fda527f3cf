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

from functions.prepare.memory import MAX_BYTES
from tests.hostile.attempt import attempt
from tests.hostile.canary import CanaryWatch, watch_canary
from tests.hostile.inputs import HostileInput, handmade_inputs, hostile_input
from tests.hostile.isolation import Child, run_isolated
from tests.hostile.recordings import FORMATS, encoded_speech
from tests.hostile.references import references

SEED = 1
MUTANTS = 200
MIN_DECODED = 0.3
"""Fraction of mutants that some sound is decoded of; fewer would be broken too much."""


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CanaryWatch]:
    with watch_canary(tmp_path_factory.mktemp("canary")) as watch:
        yield watch


@pytest.mark.slow  # `make hostile` tries more of them
def test_every_input_ends_in_an_answer_or_a_problem(watch: CanaryWatch) -> None:
    handmade = len(handmade_inputs(watch.canary))
    accesses = watch.accesses()
    numbers = range(handmade + MUTANTS)
    outcomes = dict(run_isolated(SEED, numbers, watch.canary))
    assert len(outcomes) == len(numbers)
    wrong = {number: outcome for number, outcome in outcomes.items() if not outcome.acceptable}
    assert wrong == {}
    assert max(outcome.peak for outcome in outcomes.values()) * 2**20 < MAX_BYTES
    decoded = sum(outcomes[number].sound for number in numbers[handmade:])
    assert decoded > MIN_DECODED * MUTANTS
    assert watch.accesses() == accesses, "something other than the recording was opened"


@pytest.mark.parametrize("name", FORMATS)
def test_a_recording_is_answered_before_it_is_mutated(name: str) -> None:
    assert attempt(HostileInput(name, "nothing", encoded_speech(name))).end == "answer"


def test_the_same_number_is_the_same_input(watch: CanaryWatch) -> None:
    canary = watch.canary
    first = len(handmade_inputs(canary))
    for number in (first, first + 7):
        assert hostile_input(SEED, number, canary) == hostile_input(SEED, number, canary)
    assert hostile_input(SEED, first, canary) != hostile_input(SEED + 1, first, canary)


@pytest.mark.parametrize(
    ("death", "end", "timeout"), [(signal.SIGSEGV, "crash", 60), (signal.SIGSTOP, "hang", 1)]
)
def test_a_crash_and_a_hang_are_outcomes(
    death: signal.Signals, end: str, timeout: float, watch: CanaryWatch
) -> None:
    child = Child(SEED, watch.canary, timeout=timeout)
    try:
        os.kill(child.pid, death)
        assert child.attempt(0).end == end
    finally:
        child.end()


UNPROTECTED = {
    "protocol_whitelist": "file,http,tcp",
    "enable_drefs": "1",
    "use_absolute_path": "1",
    "safe": "0",
}


@pytest.mark.parametrize(
    ("description", "suffix"),
    [
        ("hls of a file url", "m3u8"),
        ("hls of an address", "m3u8"),
        ("concat of a file", "ffconcat"),
        ("a mov alias naming a file", "mov"),
    ],
)
def test_libav_without_our_options_would_open_what_is_named(
    description: str, suffix: str, watch: CanaryWatch, tmp_path: Path
) -> None:
    path = tmp_path / f"list.{suffix}"
    accesses = watch.accesses()
    path.write_bytes(references(watch.canary)[description])
    with suppress(av.FFmpegError):  # the server does not answer
        av.open(str(path), container_options=UNPROTECTED, timeout=2.0).close()
    assert watch.accesses() > accesses


def test_an_attempt_opens_nothing_that_is_named(
    watch: CanaryWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(watch.canary.folder)
    accesses = watch.accesses()
    for description, data in references(watch.canary).items():
        attempt(HostileInput("reference", description, data))
    assert watch.accesses() == accesses


def test_onnxruntime_sends_no_telemetry(tmp_path: Path) -> None:
    code = "import shared.runtime.process\nfrom functions.prepare.vad import session; session()"
    environment = {"HOME": str(tmp_path)}
    for name, value in os.environ.items():
        if name != "HOME" and not name.startswith(("XDG_", "ORT_")):
            environment[name] = value
    subprocess.run((sys.executable, "-c", code), env=environment, check=True, timeout=60)
    assert not list(tmp_path.rglob("*")), "onnxruntime keeps there what it is going to send"
