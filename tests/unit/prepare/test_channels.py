"""A recording with channels split is cut and analysed per channel."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from functions.prepare.media import recording
from shared.errors import BadOption, RecordingTooLong
from shared.speech import Chunk
from tests.unit.prepare.made import Made, peak
from tests.unit.prepare.media_files import RATE, Samples, encoded, nothing, speech, wav

TALK = speech()[6 * RATE : 14 * RATE]


def together(*channels: Samples) -> Samples:
    """The channels of one recording, interleaved."""
    return np.stack(channels, axis=1).reshape(-1)


def rows(data: bytes) -> Samples:
    with recording(io.BytesIO(data), 3600, "split") as original:
        return np.concatenate(list(original.samples()), axis=1)


@pytest.fixture(scope="module")
def caller() -> Samples:
    return np.tile(speech(), 4)


@pytest.fixture(scope="module")
def callee(caller: Samples) -> Samples:
    return np.roll(caller, 17 * RATE) // 2


@pytest.fixture(scope="module")
def made(caller: Samples, callee: Samples, tmp_path_factory: pytest.TempPathFactory) -> Made:
    data = wav(together(caller, callee), channels=2)
    return Made(data, tmp_path_factory.mktemp("made"), channels="split")


def of(channel: int, made: Made) -> list[tuple[Chunk, Samples]]:
    found = zip(made.manifest.chunks, made.sounds["chunks"], strict=True)
    return [(chunk, sound) for chunk, sound in found if chunk.channel == channel]


@pytest.mark.parametrize("channel", [0, 1])
def test_every_channel_is_cut_for_itself_and_whole(made: Made, channel: int, request: pytest.FixtureRequest) -> None:
    expected = request.getfixturevalue(["caller", "callee"][channel])
    np.testing.assert_array_equal(np.concatenate([sound for _, sound in of(channel, made)]), expected)
    chunks = [chunk for chunk, _ in of(channel, made)]
    assert chunks[0].start == 0 and chunks[-1].end == made.manifest.media.duration == 120
    assert all(before.end == after.start for before, after in pairwise(chunks))
    for chunk, sound in of(channel, made):
        np.testing.assert_array_equal(sound, expected[round(chunk.start * RATE) : round(chunk.end * RATE)])


def test_speech_is_found_in_its_own_channel(made: Made) -> None:
    firsts = [of(channel, made)[0][0].speech[0].start for channel in (0, 1)]
    assert firsts == [pytest.approx(6.6, abs=0.2), pytest.approx(0, abs=0.2)]
    ends = [{chunk.end for chunk, _ in of(channel, made)} for channel in (0, 1)]
    assert ends[0] != ends[1], "a cut falls into the silence of its own channel"


def test_nobody_is_to_be_told_apart(made: Made) -> None:
    assert made.manifest.spans == ()
    assert set(made.order) == {"chunks", "probe", "manifest"}


def test_all_channels_go_on_together(made: Made) -> None:
    starts = [chunk.start for chunk in made.manifest.chunks]
    assert all(after > before - 12.5 for before, after in pairwise(starts))


def test_the_probe_is_from_where_most_is_said(caller: Samples, tmp_path: Path) -> None:
    made = Made(wav(together(nothing(120), caller), channels=2), tmp_path, channels="split")
    (probe,) = made.sounds["probe"]
    assert made.manifest.probe
    for window in made.manifest.probe:
        at, offset, length = (round(s * RATE) for s in (window.start, window.offset, window.end - window.start))
        np.testing.assert_array_equal(probe[offset : offset + length], caller[at : at + length])


def test_one_channel_is_one_channel(tmp_path: Path) -> None:
    made = Made(wav(speech()), tmp_path, channels="split")
    assert {chunk.channel for chunk in made.manifest.chunks} == {0}
    np.testing.assert_array_equal(np.concatenate(made.sounds["chunks"]), speech())


@pytest.mark.parametrize("channels", range(1, 9))
def test_up_to_eight_channels_come_out_as_they_are(channels: int) -> None:
    sounds = [np.roll(TALK, RATE * channel) // (channel + 1) for channel in range(channels)]
    np.testing.assert_array_equal(rows(wav(together(*sounds), channels=channels)), sounds)


def test_nine_channels_are_refused() -> None:
    with pytest.raises(BadOption, match="channels is split, which takes up to 8; the recording has 9"):
        rows(wav(together(*[TALK] * 9), channels=9))


@pytest.mark.parametrize(
    ("container", "codec", "layout", "channels"),
    [
        ("mp3", "libmp3lame", "stereo", 2),
        ("mp4", "aac", "7.1", 8),
        ("ogg", "libopus", "5.1", 6),
        ("flac", "flac", "5.1", 6),
    ],
)
def test_channels_of_compressed_sound_stay_apart(container: str, codec: str, layout: str, channels: int) -> None:
    """But for the fourth of a surround, which holds low tones only."""
    for speaking in {0, channels - 1}:
        sounds = [TALK if channel == speaking else nothing(8) for channel in range(channels)]
        found = rows(encoded(container, codec, together(*sounds), rate=48000, layout=layout, bit_rate=128_000))
        loudness = (found.astype(float) ** 2).mean(axis=1)
        assert len(found) == channels
        assert loudness.argmax() == speaking
        assert np.delete(loudness, speaking).max() < loudness[speaking] / 100


def test_silence_before_and_within_the_sound_is_in_every_channel() -> None:
    sound = together(TALK, TALK // 2)
    late = rows(encoded("matroska", "aac", sound, rate=48000, layout="stereo", picture=13, later=3))
    assert late.shape[0] == 2 and not late[:, : int(2.9 * RATE)].any()
    assert (abs(late[:, 3 * RATE :]).max(axis=1) > 1000).all()


def test_where_the_number_of_channels_changes_nothing_is_lost() -> None:
    bare = {"write_xing": "0"}
    stereo = encoded("mp3", "libmp3lame", together(TALK, nothing(8)), rate=44100, layout="stereo", options=bare)
    mono = encoded("mp3", "libmp3lame", TALK, rate=44100, options=bare)
    found = rows(stereo + mono)
    assert found.shape == (2, pytest.approx(16 * RATE, abs=0.2 * RATE))
    assert (abs(found[:, 9 * RATE :]).max(axis=1) > 1000).all()
    assert rows(mono + stereo).shape == (1, pytest.approx(16 * RATE, abs=0.2 * RATE))


def test_all_channels_share_the_chunks_there_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.prepare.stage.MOST_CHUNKS", 8)
    made = Made(wav(together(*[np.tile(speech(), 4)] * 4), channels=4), tmp_path, channels="split")
    assert len(made.manifest.chunks) <= 8, "ten seconds each would make 48"


def test_channels_that_need_more_chunks_than_there_may_be_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.prepare.stage.MOST_CHUNKS", 2)
    monkeypatch.setattr("functions.prepare.stage.LONGEST_CHUNK", 20 * RATE)
    with pytest.raises(RecordingTooLong, match="with 2 channels apart it may last 20 s"):
        Made(wav(together(speech(), speech()), channels=2), tmp_path, channels="split")


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    half_a_minute = encoded(
        "mp3", "libmp3lame", together(speech(), speech()), rate=8000, layout="stereo", options={"write_xing": "0"}
    )
    source, folder = tmp_path / "recording", tmp_path / "made"
    folder.mkdir()
    found = []
    for times in (3, 22):  # 36 MB of samples more, were they kept
        source.write_bytes(half_a_minute * times)
        found.append(peak(source, folder, "split"))
    (short, least), (long, most) = found
    assert long > 7 * short
    assert most < least + 15
