"""What follows a lost page of an Ogg file keeps its time, and the lost sound is named."""

import re
from functools import cache

import numpy as np
import pytest

from functions.prepare.ogg_pages import OggPage, parse_page
from shared.model.artifacts import StageWarning
from tests.support.audio_files import encode
from tests.support.bursts import BURST, burst_times, with_bursts
from tests.support.decoding import decode
from tests.support.recordings import RATE

SECONDS = 6.5
TIMES = [0.3 + second for second in range(6)]
NOISE = np.random.default_rng(1).integers(-300, 300, int(SECONDS * RATE))
SOUND = (with_bursts(TIMES, SECONDS) + NOISE).astype(np.int16)
PACKET = 0.1
"""Seconds of a packet at most."""
CODECS = {
    "flac": ("flac", 16_000, "mono", {}),
    "flac of long packets": ("flac", 44_100, "mono", {}),
    "opus": ("libopus", 48_000, "mono", {}),
    "opus of long packets": ("libopus", 48_000, "mono", {"frame_duration": "60"}),
    "vorbis": ("vorbis", 44_100, "stereo", {"strict": "experimental"}),
}
SHORT_PAGES = "200000"
"""Microseconds."""


@cache
def recording(name: str, page_microseconds: str) -> bytes:
    codec, rate, layout, codec_options = CODECS[name]
    sound = SOUND if layout == "mono" else SOUND.repeat(2)
    options = {"page_duration": page_microseconds}
    return encode(
        "ogg", codec, sound, rate=rate, layout=layout, options=options, codec_options=codec_options
    )


def pages_of(data: bytes) -> list[tuple[int, OggPage]]:
    """Returns the place and the header of each page."""
    place = 0
    pages = []
    while page := parse_page(data[place:]):
        pages.append((place, page))
        place += page.length
    return pages


def without_page(data: bytes, number: int, *, zeros: bool = False) -> tuple[bytes, float, float]:
    """Returns a file without one page, and when it begins and ends as a share of the whole."""
    pages = pages_of(data)
    place, page = pages[number]
    replacement = bytes(page.length) if zeros else b""
    _, before = pages[number - 1]
    _, last = pages[-1]
    start, end = before.position / last.position, page.position / last.position
    return data[:place] + replacement + data[place + page.length :], start, end


def check(data: bytes, start: float, end: float) -> None:
    """Check that all sound before and after the lost page is at its place, and the loss named."""
    samples, _, warnings = decode(data)
    heard = [time for time in TIMES if time + BURST < start or time > end]
    found = burst_times(samples)
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=2 * PACKET)
    for time in heard:
        assert min(abs(time - other) for other in found) < PACKET / 2
    for time in found:
        assert min(abs(time - other) for other in [*TIMES, start, end]) < PACKET
    (gap,) = [warning for warning in warnings if warning.code == "gap"]
    assert seconds_of(gap) == pytest.approx((start, end - start), abs=2 * PACKET)


def seconds_of(gap: StageWarning) -> tuple[float, float]:
    """Returns where a gap begins, and its length."""
    match = re.search(r"no sound for ([\d.]+) s at ([\d.]+) s", gap.message)
    assert match is not None
    return float(match[2]), float(match[1])


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("number", [4, -2])
def test_the_sound_behind_a_lost_page_keeps_its_time(name: str, number: int) -> None:
    data, start, end = without_page(recording(name, "1000000"), number)
    check(data, start * SECONDS, end * SECONDS)


@pytest.mark.parametrize("name", ["flac", "opus"])
def test_the_sound_behind_an_overwritten_page_keeps_its_time(name: str) -> None:
    data, start, end = without_page(recording(name, "1000000"), 4, zeros=True)
    check(data, start * SECONDS, end * SECONDS)


@pytest.mark.parametrize("name", ["flac", "opus"])
def test_a_lost_page_of_a_fifth_of_a_second_is_named(name: str) -> None:
    data, start, end = without_page(recording(name, SHORT_PAGES), 12)
    check(data, start * SECONDS, end * SECONDS)


def test_two_lost_pages_with_one_between_them_are_named() -> None:
    whole = recording("flac", "1000000")
    once, *_ = without_page(whole, 5)
    twice, *_ = without_page(once, 3)
    samples, _, warnings = decode(twice)
    (gap,) = [warning for warning in warnings if warning.code == "gap"]
    assert gap.message.startswith("the file holds no sound for 2.0 s in 2 places, the first at 1.0")
    assert burst_times(samples) == pytest.approx([TIMES[0], TIMES[2], *TIMES[4:]], abs=PACKET)


@pytest.mark.parametrize("name", ["flac", "opus of long packets", "vorbis"])
def test_a_whole_file_has_no_warning(name: str) -> None:
    samples, _, warnings = decode(recording(name, SHORT_PAGES))
    assert burst_times(samples) == pytest.approx(TIMES, abs=PACKET / 2)
    assert warnings == ()
