"""Every declared second of a recording is decoded, named in a warning, or leads to a problem."""

import random
import re
from dataclasses import dataclass
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.artifacts import StageWarning
from shared.model.errors import NotAudio, TruncatedRecording
from tests.support.audio_files import encode
from tests.support.decoding import decode
from tests.support.recordings import RATE, speech

SECONDS = 6
TALK = speech()[7 * RATE : (7 + SECONDS) * RATE]
UNNAMED = 1.0
"""Seconds of the end that may be missing without a warning."""
PACKETS = 0.3
"""Seconds by which a few packets and the padding of a codec may change a length."""

CONTAINERS = {
    "wav": ("wav", "pcm_s16le", 16_000),
    "flac": ("flac", "flac", 16_000),
    "ogg": ("ogg", "libopus", 48_000),
    "mp4": ("mp4", "aac", 44_100),
    "mkv": ("matroska", "aac", 44_100),
    "mp3": ("mp3", "libmp3lame", 44_100),
}


@cache
def recording(name: str) -> bytes:
    container, codec, rate = CONTAINERS[name]
    options = {"movflags": "faststart"} if name == "mp4" else {}
    return encode(container, codec, TALK, rate=rate, options=options)


@dataclass(frozen=True)
class Outcome:
    decoded: float
    """Seconds, with the silence that stands for what is missing."""
    warnings: tuple[StageWarning, ...]

    def named_by(self, code: str) -> float:
        """Returns the seconds that the warning of this code says are missing."""
        for warning in self.warnings:
            if warning.code == code:
                last_seconds = re.findall(r"([\d.]+) s", warning.message)
                return float(last_seconds[MISSING_IN_MESSAGE[code]])
        return 0.0

    def has(self, code: str) -> bool:
        return any(warning.code == code for warning in self.warnings)


MISSING_IN_MESSAGE = {"gap": 0, "end_missing": 1}
"""Which of the seconds in a warning's message are those that are missing."""


def outcome(data: bytes) -> Outcome:
    samples, _, warnings = decode(data)
    return Outcome(len(samples) / RATE, warnings)


fractions = st.floats(0.0, 1.0)
names = st.sampled_from(sorted(CONTAINERS))


@given(name=names, kept=fractions)
@settings(deadline=None, max_examples=40)
def test_what_is_cut_off_is_named_or_a_problem(name: str, kept: float) -> None:
    data = recording(name)
    length = max(64, int(kept * len(data)))
    try:
        found = outcome(data[:length])
    except TruncatedRecording:
        assert length < len(data)
        return
    declared = ogg_seconds(data[:length]) if name == "ogg" else SECONDS
    is_ogg_cut = name == "ogg" and length < len(data)
    assert found.has("end_unmarked") == is_ogg_cut
    assert found.decoded + found.named_by("end_missing") >= declared - UNNAMED - PACKETS


def ogg_seconds(data: bytes) -> float:
    """Returns when the last page that is complete ends, since an Ogg file declares nothing else."""
    last_page = data.rindex(b"OggS")
    complete = data[:last_page]
    previous_page = complete.rindex(b"OggS")
    position = complete[previous_page + 6 : previous_page + 14]
    return int.from_bytes(position, "little") / 48_000


@given(name=names, seed=st.integers(0, 2**32), length=st.integers(1, 50_000), zeros=st.booleans())
@settings(deadline=None, max_examples=20)
def test_garbage_behind_a_recording_changes_nothing(
    name: str, seed: int, length: int, zeros: bool
) -> None:
    garbage = bytes(length) if zeros else random.Random(seed).randbytes(length)
    found = outcome(recording(name) + garbage)
    assert found.decoded == pytest.approx(SECONDS, abs=PACKETS)
    codes = {warning.code for warning in found.warnings}
    assert codes <= ({"not_read", "end_unmarked"} if not zeros else set())


@given(name=names, start=st.floats(0.25, 1.0), length=st.floats(0.0, 0.5))
@settings(deadline=None, max_examples=60)
def test_what_is_overwritten_is_named_or_a_problem(name: str, start: float, length: float) -> None:
    data = recording(name)
    first = int(start * len(data))
    end = min(len(data), first + int(length * len(data)))
    damaged = data[:first] + bytes(end - first) + data[end:]
    try:
        found = outcome(damaged)
    except (TruncatedRecording, NotAudio):
        return
    accounted = found.decoded + found.named_by("end_missing")
    if not found.has("end_unmarked"):
        assert accounted >= SECONDS - UNNAMED - PACKETS
    assert accounted <= SECONDS + PACKETS
    overwritten = (end - first) / len(data) * SECONDS
    if name != "wav" and overwritten > UNNAMED + PACKETS:
        assert found.warnings
