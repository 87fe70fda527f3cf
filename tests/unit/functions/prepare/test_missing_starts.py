"""A file whose beginning is missing says so, where its own numbers tell it, and begins at 0."""

import io
import re
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import av
import numpy as np
import pytest

from functions.prepare.mp4_boxes import file_boxes
from shared.model.artifacts import StageWarning
from tests.hostile.builders import ebml_element
from tests.support.audio_files import encode
from tests.support.bursts import burst_times, with_bursts
from tests.support.decoding import decode
from tests.support.ogg_files import Page, made_page, pages_of, written
from tests.support.recordings import RATE

SECONDS = 6.5
TIMES = [0.3 + second for second in range(6)]
NOISE = np.random.default_rng(1).integers(-300, 300, int(SECONDS * RATE))
SOUND = (with_bursts(TIMES, SECONDS) + NOISE).astype(np.int16)
DAY = 24 * 3600
YEARS = 50 * 365 * DAY
PRE_SKIP = slice(10, 12)
CODECS = {
    "flac": ("flac", 16_000, "mono", {}),
    "flac of long packets": ("flac", 44_100, "mono", {}),
    "opus": ("libopus", 48_000, "mono", {}),
    "opus of long packets": ("libopus", 48_000, "mono", {"frame_duration": "60"}),
    "vorbis": ("vorbis", 44_100, "stereo", {"strict": "experimental"}),
}
SECOND_PAGES = {"page_duration": "1000000"}


@cache
def recording(name: str) -> tuple[list[Page], list[Page]]:
    """Returns the pages of the headers and those of the sound, of a second each."""
    codec, rate, layout, codec_options = CODECS[name]
    sound = SOUND if layout == "mono" else SOUND.repeat(2)
    data = encode(
        "ogg",
        codec,
        sound,
        rate=rate,
        layout=layout,
        options=SECOND_PAGES,
        codec_options=codec_options,
    )
    pages = list(pages_of(data))
    headers = [page for page in pages if page.is_header]
    return headers, pages[len(headers) :]


def missing_start(warnings: tuple[StageWarning, ...]) -> float:
    """Returns the seconds that the only warning names."""
    (warning,) = warnings
    assert warning.code == "start_missing"
    match = re.search(r"about ([\d.]+) s", warning.message)
    assert match is not None
    return float(match[1])


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("lost", [1, 3])
def test_ogg_without_its_first_pages_says_so(name: str, lost: int) -> None:
    headers, sound = recording(name)
    cut = written([*headers, *sound[lost:]])
    samples, _, warnings = decode(cut)
    missing = missing_start(warnings)
    assert missing == pytest.approx(lost, abs=0.15)
    assert len(samples) / RATE + missing == pytest.approx(SECONDS, abs=0.1)
    kept = [time - missing for time in TIMES if time > missing]
    assert burst_times(samples) == pytest.approx(kept, abs=0.1)


@pytest.mark.parametrize("name", CODECS)
def test_a_live_stream_that_is_joined_after_a_day_is_whole(name: str) -> None:
    """The limit of a recording's length is meant for what is in the file."""
    headers, sound = recording(name)
    rate = 48_000 if name.startswith("opus") else CODECS[name][1]
    live = [page.moved(DAY * rate, number=100_000) for page in sound]
    samples, _, warnings = decode(written([*headers, *live]), max_seconds=60)
    assert missing_start(warnings) == pytest.approx(DAY, abs=0.1)
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.1)


def test_a_clock_that_counts_from_a_date_tells_no_length() -> None:
    headers, sound = recording("opus")
    dated = [page.moved(YEARS * 48_000, number=7) for page in sound]
    (warning,) = decode(written([*headers, *dated]))[2]
    assert "(an unknown time)" in warning.message


def of_another_number(numbers: int) -> list[Page]:
    """Returns a recording whose numbers of pages begin at another one than 0."""
    headers, sound = recording("flac")
    return [page.moved(0, numbers) for page in [*headers, *sound]]


def starting_late() -> list[Page]:
    headers, sound = recording("opus")
    return [*headers, *[page.moved(100 * 48_000, 0) for page in sound]]


def numbered_anew(first: int) -> list[Page]:
    """Returns a recording whose pages of sound have numbers that do not follow the headers'."""
    headers, sound = recording("vorbis")
    distance = first - sound[0].number
    return [*headers, *[page.moved(0, distance) for page in sound]]


WHOLE: dict[str, Callable[[], list[Page]]] = {
    "numbers from 7 on": lambda: of_another_number(7),
    "a late start": starting_late,
    "a number left out": lambda: numbered_anew(9),
    "numbers that begin again": lambda: numbered_anew(0),
}


@pytest.mark.parametrize("name", WHOLE)
def test_ogg_that_lacks_nothing_has_no_warning(name: str) -> None:
    samples, _, warnings = decode(written(WHOLE[name]()))
    assert warnings == ()
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.1)


def test_what_opus_skips_at_its_start_is_not_counted() -> None:
    headers, sound = recording("opus")
    place = headers[0].data.index(b"OpusHead") + PRE_SKIP.start
    data = headers[0].data
    skipping = data[:place] + struct.pack("<H", 24_000) + data[place + 2 :]
    first = replace(headers[0], data=skipping)
    _, _, warnings = decode(written([first, *headers[1:], *sound[2:]]))
    assert missing_start(warnings) == 1.5


def test_each_link_of_a_chain_is_asked() -> None:
    headers, sound = recording("vorbis")
    whole = written([*headers, *sound])
    cut = written([*headers, *sound[2:]])
    samples, _, warnings = decode(whole + cut)
    assert missing_start(warnings) == pytest.approx(2, abs=0.1)
    assert "the stream at 6.5 s" in warnings[0].message
    assert len(samples) / RATE == pytest.approx(2 * SECONDS - 2, abs=0.1)
    twice = decode(cut + cut)[2]
    assert missing_start(twice) == pytest.approx(4, abs=0.2)
    assert "2 streams, the first at 0.0 s" in twice[0].message


@pytest.mark.parametrize("lost", [0, 2])
def test_the_pages_of_another_stream_are_not_counted(lost: int) -> None:
    """As in Ogg video, whose pages are mixed with those of the sound."""
    headers, sound = recording("vorbis")
    start = made_page(2, 0, 0, [b"fishead\0\3" + bytes(55)])
    others = [made_page(0, 0, number, [b"fisbone\0" + bytes(44)]) for number in range(1, 6)]
    kept = sound[lost:]
    mixed = [page for pair in zip(others, kept, strict=False) for page in pair]
    left = kept[len(others) :]
    samples, _, warnings = decode(written([start, *headers, *mixed, *left]))
    found = missing_start(warnings) if warnings else 0.0
    assert found == pytest.approx(lost, abs=0.1)
    assert len(samples) / RATE == pytest.approx(SECONDS - lost, abs=0.1)


def speex(lost: int) -> bytes:
    """Returns a faint noise in Speex, in pages of a second each, without the first ones."""
    header = struct.pack(
        "<8s20s13i", b"Speex   ", b"1.2", 1, 80, 8000, 0, 4, 1, -1, 160, 0, 1, 0, 0, 0
    )
    frame = b"\x07"  # sub-mode 0, then padding
    pages = [
        made_page(2, 0, 0, [header]),
        made_page(0, 0, 1, [struct.pack("<I", 0) + struct.pack("<I", 0)]),
    ]
    sound = [made_page(0, second * 8000, second + 1, [frame] * 50) for second in range(1, 5)]
    last = made_page(4, 5 * 8000, 6, [frame] * 50)
    return written([*pages, *[*sound, last][lost:]])


def test_speex_without_its_first_pages_says_so() -> None:
    (too_quiet,) = decode(speex(0))[2]
    assert too_quiet.code == "too_quiet"
    samples, _, warnings = decode(speex(2))
    starts = tuple(warning for warning in warnings if warning.code != "too_quiet")
    assert missing_start(starts) == pytest.approx(2, abs=0.05)
    assert len(samples) / RATE == pytest.approx(3, abs=0.05)


def without_packets(data: bytes, seconds: float) -> bytes:
    """Returns a file without the bytes of the packets before so many seconds."""
    container: Any
    with av.open(io.BytesIO(data)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
    first = packets[0].pos
    kept = next(packet.pos for packet in packets if packet.pts * packet.time_base >= seconds)
    return data[:first] + data[kept:]


def flac_file(*, is_streamed: bool) -> bytes:
    """Returns a FLAC file, which does not tell how many samples it has if it was streamed."""
    data = bytearray(encode("flac", "flac", SOUND))
    if is_streamed:
        data[21] &= 0xF0
        data[22:26] = bytes(4)
    return bytes(data)


FRAGMENTS = {"movflags": "empty_moov+default_base_moof", "frag_duration": "1000000"}


def fragmented() -> bytes:
    return encode("mp4", "aac", SOUND, rate=44_100, options=FRAGMENTS)


def without_fragments(data: bytes, count: int) -> bytes:
    boxes = file_boxes(io.BytesIO(data), len(data))
    starts = [box.start for box in boxes if box.kind == b"moof"]
    return data[: starts[0]] + data[starts[count] :]


def with_late_fragments(seconds: int, rate: int = 44_100) -> bytes:
    """Returns a file whose fragments begin later by so many seconds."""
    data = bytearray(fragmented())
    for match in re.finditer(rb"tfdt\x01...(.{8})", bytes(data), re.DOTALL):
        time = int.from_bytes(match[1], "big") + seconds * rate
        data[match.start(1) : match.end(1)] = time.to_bytes(8, "big")
    return bytes(data)


CLUSTER = bytes.fromhex("1F43B675")
SECOND_CLUSTERS = {"cluster_time_limit": "1000"}


def without_clusters(data: bytes, count: int) -> bytes:
    starts = [match.start() for match in re.finditer(CLUSTER, data)]
    return data[: starts[0]] + data[starts[count] :]


def matroska(later: float = 0, **options: str) -> bytes:
    return encode(
        "matroska", "aac", SOUND, rate=44_100, later=later, options=SECOND_CLUSTERS | options
    )


def following_cluster(data: bytes) -> bytes:
    """Returns a live file whose first cluster tells the size of the one before it."""
    place = data.index(CLUSTER) + 4
    width = 9 - data[place].bit_length()
    encoded = int.from_bytes(data[place : place + width], "big")
    length = encoded - (1 << 7 * width)
    element = ebml_element("AB", b"\x40\x00")
    new_length = length + len(element) + (1 << 7 * width)
    size = new_length.to_bytes(width, "big")
    return data[:place] + size + element + data[place + width :]


def wma() -> bytes:
    return encode("asf", "wmav2", SOUND, rate=44_100, bit_rate=64_000)


CUT: dict[str, Callable[[], bytes]] = {
    "flac": lambda: without_packets(flac_file(is_streamed=False), 3),
    "streamed flac": lambda: without_packets(flac_file(is_streamed=True), 3),
    "fragmented mp4": lambda: without_fragments(fragmented(), 3),
    "matroska": lambda: without_clusters(matroska(), 3),
    "live matroska": lambda: following_cluster(without_clusters(matroska(live="1"), 3)),
    "wma": lambda: without_packets(wma(), 3),
}


@pytest.mark.parametrize("name", CUT)
def test_another_file_without_its_beginning_says_so(name: str) -> None:
    samples, _, warnings = decode(CUT[name]())
    assert missing_start(warnings) == pytest.approx(3, abs=0.35)
    assert len(samples) / RATE == pytest.approx(SECONDS - 3, abs=0.15)
    assert burst_times(samples) == pytest.approx([0.3, 1.3, 2.3], abs=0.15)


LATE: dict[str, Callable[[], bytes]] = {
    "flac": lambda: flac_file(is_streamed=True),
    "fragmented mp4": lambda: with_late_fragments(100),
    "matroska": lambda: matroska(later=100),
    "live matroska": lambda: matroska(later=100, live="1"),
}


@pytest.mark.parametrize("name", LATE)
def test_a_whole_file_that_starts_late_has_no_warning(name: str) -> None:
    samples, _, warnings = decode(LATE[name]())
    assert warnings == ()
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.1)
