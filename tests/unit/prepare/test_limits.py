"""Recordings beyond the limits of rate, length, memory or packets are refused early."""

import io
from typing import Any

import av
import numpy as np
import pytest

from functions.prepare import media, reading
from functions.prepare.headers import MOST_CHUNKS, Promise
from functions.prepare.media import recording, sound_codecs
from functions.prepare.options import LARGEST, read_folder, resolve
from shared.errors import BadOption, NotAudio, RecordingTooLong
from tests.hostile.crafted import cover, large_frames, overlapping
from tests.unit.prepare.media_files import RATE, Samples, encoded, speech, wav

TALK = speech()[6 * RATE : 10 * RATE]
DAY = 24 * 3600.0


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def decoded(file: io.BytesIO) -> Samples:
    """The mix."""
    with recording(file, DAY) as original:
        return np.concatenate([np.zeros(0, np.int16), *(rows[0] for rows in original.samples())])


@pytest.mark.parametrize("rate", [1000, 1999, 768_001, 100_000_000])
def test_a_rate_that_no_recorder_has_is_refused(rate: int) -> None:
    with pytest.raises(NotAudio, match=f"its sample rate is {rate} Hz"):
        decoded(io.BytesIO(wav(TALK, rate)))


@pytest.mark.parametrize("rate", [2000, 768_000])
def test_the_slowest_and_the_fastest_rate_are_taken(rate: int) -> None:
    assert len(decoded(io.BytesIO(wav(TALK, rate)))) == pytest.approx(len(TALK) * RATE / rate, abs=2)


def test_a_small_file_that_says_it_lasts_hours_is_not_decoded() -> None:
    with pytest.raises(RecordingTooLong, match="it says it lasts 20000 s, which 88361 bytes cannot hold"):
        decoded(io.BytesIO(overlapping(20_000)))


def test_a_small_file_that_unfolds_to_hours_is_given_up() -> None:
    data = large_frames(8000, 1000)
    with pytest.raises(RecordingTooLong, match=f"longer than 5[0-9]{{2}} s, which {len(data)} bytes cannot hold"):
        decoded(io.BytesIO(data))


def test_five_minutes_of_nothing_may_be_small() -> None:
    assert len(decoded(io.BytesIO(large_frames(8000, 36)))) / RATE == pytest.approx(36 * 65_535 / 8000, abs=0.1)


def test_a_cover_is_not_decoded() -> None:
    assert {"png", "mjpeg", "gif", "h264", "ass"}.isdisjoint(sound_codecs().split(","))
    assert {"aac", "mp3", "opus", "flac", "pcm_s16le", "amrnb"} <= set(sound_codecs().split(","))
    assert len(decoded(io.BytesIO(cover(5000)))) == 2 * RATE


@pytest.mark.parametrize("codec", ["pcm_s16le_planar", "pcm_s64le"])
@pytest.mark.parametrize("channels", [9, 12, 32])
def test_a_row_of_microphones_is_heard_however_its_samples_lie(codec: str, channels: int) -> None:
    sound = np.zeros((len(TALK), channels), np.int16)
    sound[:, channels - 1] = TALK
    file = io.BytesIO()
    with av.open(file, "w", format="nut") as made:
        stream: Any = made.add_stream(codec, rate=RATE)
        stream.layout = f"{channels} channels"
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), "s16", f"{channels} channels")
        frame.sample_rate = RATE
        made.mux([*stream.encode(frame), *stream.encode(None)])
    samples = decoded(io.BytesIO(file.getvalue()))
    np.testing.assert_allclose(samples, TALK / channels, atol=2)


def test_chunks_without_end_are_not_walked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SILENT_BYTES", 2**20)
    file = Counting(b"RIFF\0\0\0\0WAVE" + bytes(3 * 2**20))
    with pytest.raises(NotAudio, match="no sound was found in the first 1048576 bytes"):
        decoded(file)
    assert file.taken < 1.2 * 2**20
    file.taken = 0
    assert Promise(file, len(file.getvalue())).share == 1.0
    assert file.taken < 10 * MOST_CHUNKS


def test_once_sound_was_heard_all_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SILENT_BYTES", 2**19)
    long = np.tile(TALK, 10)
    np.testing.assert_array_equal(decoded(io.BytesIO(wav(long))), long)


def test_what_is_corrupt_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "HOPELESS", 20)
    good = encoded("amr", "libopencore_amrnb", TALK, rate=8000)
    file = Counting(good + b"\x7c" * 1_000_000)
    with pytest.raises(NotAudio, match="packets cannot be decoded"):
        decoded(file)
    assert file.taken < 500_000


def test_a_thousand_wrong_options_are_not_all_told() -> None:
    with pytest.raises(BadOption) as refused:
        resolve({"options.json": {f"{number}" * 50: 1 for number in range(1000)}})
    assert len(str(refused.value)) < 2000


@pytest.mark.parametrize(
    "content", [b"[" * 60_000, b'{"a":' * 10_000, b"\xff", b'{"speakers": NaN}', b'{"\\ud800": 1}']
)
def test_an_options_file_of_any_bytes_is_a_problem_at_most(content: bytes) -> None:
    with pytest.raises(BadOption):
        resolve({"options.json": read_folder(content, "options.json")})


def test_an_options_file_is_read_up_to_its_limit() -> None:
    content = b'{"language": "en"}'
    assert read_folder(content.ljust(LARGEST), "options.json") == {"language": "en"}
    with pytest.raises(BadOption, match="larger than 64 KiB"):
        read_folder(content.ljust(LARGEST + 1), "options.json")
