"""A recording with channels split is cut and analysed per channel."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from functions.prepare.media import open_recording
from shared.model.artifacts import Chunk
from shared.model.errors import BadOption, RecordingTooLong
from tests.support.audio_files import Samples, encode
from tests.support.prepared_audio import PreparedAudio, peak_memory
from tests.support.recordings import RATE, silence, speech, wav

TALK = speech()[6 * RATE : 14 * RATE]


def interleave(*channels: Samples) -> Samples:
    return np.stack(channels, axis=1).reshape(-1)


def decode_channels(data: bytes) -> Samples:
    """Returns a row per channel."""
    with open_recording(io.BytesIO(data), 3600, "split") as recording:
        return np.concatenate(list(recording.samples()), axis=1)


@pytest.fixture(scope="module")
def caller() -> Samples:
    return np.tile(speech(), 4)


@pytest.fixture(scope="module")
def callee(caller: Samples) -> Samples:
    return np.roll(caller, 17 * RATE) // 2


@pytest.fixture(scope="module")
def prepared(
    caller: Samples, callee: Samples, tmp_path_factory: pytest.TempPathFactory
) -> PreparedAudio:
    data = wav(interleave(caller, callee), channels=2)
    return PreparedAudio(data, tmp_path_factory.mktemp("prepared"), channels="split")


def chunks_of(channel: int, prepared: PreparedAudio) -> list[tuple[Chunk, Samples]]:
    chunks = zip(prepared.manifest.chunks, prepared.samples["chunks"], strict=True)
    return [(chunk, samples) for chunk, samples in chunks if chunk.channel == channel]


@pytest.mark.parametrize("channel", [0, 1])
def test_every_channel_is_cut_by_itself_and_whole(
    prepared: PreparedAudio, channel: int, request: pytest.FixtureRequest
) -> None:
    expected = request.getfixturevalue(["caller", "callee"][channel])
    found = chunks_of(channel, prepared)
    np.testing.assert_array_equal(np.concatenate([samples for _, samples in found]), expected)

    chunks = [chunk for chunk, _ in found]
    assert chunks[0].start == 0
    assert chunks[-1].end == prepared.manifest.media.duration == 120
    assert all(before.end == after.start for before, after in pairwise(chunks))
    for chunk, samples in found:
        start, end = round(chunk.start * RATE), round(chunk.end * RATE)
        np.testing.assert_array_equal(samples, expected[start:end])


def test_speech_is_found_in_its_own_channel(prepared: PreparedAudio) -> None:
    first_caller_chunk, _ = chunks_of(0, prepared)[0]
    first_callee_chunk, _ = chunks_of(1, prepared)[0]
    assert first_caller_chunk.speech[0].start == pytest.approx(6.6, abs=0.2)
    assert first_callee_chunk.speech[0].start == pytest.approx(0, abs=0.2)

    caller_ends = {chunk.end for chunk, _ in chunks_of(0, prepared)}
    callee_ends = {chunk.end for chunk, _ in chunks_of(1, prepared)}
    assert caller_ends != callee_ends, "a cut is in the silence of its own channel"


def test_split_channels_have_no_spans(prepared: PreparedAudio) -> None:
    assert prepared.manifest.spans == ()
    assert set(prepared.output_names) == {"chunks", "peaks", "probe", "manifest"}


def test_all_channels_progress_together(prepared: PreparedAudio) -> None:
    starts = [chunk.start for chunk in prepared.manifest.chunks]
    assert all(after > before - 12.5 for before, after in pairwise(starts))


def test_the_probe_is_from_the_channel_with_the_most_speech(
    caller: Samples, tmp_path: Path
) -> None:
    data = wav(interleave(silence(120), caller), channels=2)
    prepared = PreparedAudio(data, tmp_path, channels="split")
    (probe,) = prepared.samples["probe"]
    assert prepared.manifest.probe
    for window in prepared.manifest.probe:
        start, offset = round(window.start * RATE), round(window.offset * RATE)
        length = round((window.end - window.start) * RATE)
        expected = caller[start : start + length]
        np.testing.assert_array_equal(probe[offset : offset + length], expected)


def test_a_recording_of_one_channel_has_channel_0(tmp_path: Path) -> None:
    prepared = PreparedAudio(wav(speech()), tmp_path, channels="split")
    assert {chunk.channel for chunk in prepared.manifest.chunks} == {0}
    np.testing.assert_array_equal(np.concatenate(prepared.samples["chunks"]), speech())


@pytest.mark.parametrize("channels", range(1, 9))
def test_up_to_eight_channels_are_decoded_unchanged(channels: int) -> None:
    expected = [np.roll(TALK, RATE * channel) // (channel + 1) for channel in range(channels)]
    data = wav(interleave(*expected), channels=channels)
    np.testing.assert_array_equal(decode_channels(data), expected)


def test_nine_channels_are_refused() -> None:
    message = "channels is split, which takes up to 8; the recording has 9"
    with pytest.raises(BadOption, match=message):
        decode_channels(wav(interleave(*[TALK] * 9), channels=9))


@pytest.mark.parametrize(
    ("container", "codec", "layout", "channels"),
    [
        ("mp3", "libmp3lame", "stereo", 2),
        ("mp4", "aac", "7.1", 8),
        ("ogg", "libopus", "5.1", 6),
        ("flac", "flac", "5.1", 6),
    ],
)
def test_channels_of_compressed_sound_stay_separate(
    container: str, codec: str, layout: str, channels: int
) -> None:
    """Only the first and last, as the fourth of surround sound holds low tones only."""
    for speaking in {0, channels - 1}:
        samples = [TALK if channel == speaking else silence(8) for channel in range(channels)]
        data = encode(
            container,
            codec,
            interleave(*samples),
            rate=48000,
            layout=layout,
            bit_rate=128_000,
        )
        found = decode_channels(data)
        power = (found.astype(float) ** 2).mean(axis=1)
        assert len(found) == channels
        assert power.argmax() == speaking
        assert np.delete(power, speaking).max() < power[speaking] / 100


def test_silence_before_and_within_the_sound_is_in_every_channel() -> None:
    samples = interleave(TALK, TALK // 2)
    data = encode("matroska", "aac", samples, rate=48000, layout="stereo", picture=13, later=3)
    late = decode_channels(data)
    assert late.shape[0] == 2
    assert not late[:, : int(2.9 * RATE)].any()
    assert (abs(late[:, 3 * RATE :]).max(axis=1) > 1000).all()


def test_nothing_is_lost_where_the_number_of_channels_changes() -> None:
    no_header = {"write_xing": "0"}
    left_only = interleave(TALK, silence(8))
    stereo = encode("mp3", "libmp3lame", left_only, rate=44100, layout="stereo", options=no_header)
    mono = encode("mp3", "libmp3lame", TALK, rate=44100, options=no_header)
    sixteen_seconds = pytest.approx(16 * RATE, abs=0.2 * RATE)
    found = decode_channels(stereo + mono)
    assert found.shape == (2, sixteen_seconds)
    assert (abs(found[:, 9 * RATE :]).max(axis=1) > 1000).all()
    assert decode_channels(mono + stereo).shape == (1, sixteen_seconds)


def test_all_channels_share_the_limit_of_chunks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.prepare.stage.MAX_CHUNKS", 8)
    data = wav(interleave(*[np.tile(speech(), 4)] * 4), channels=4)
    prepared = PreparedAudio(data, tmp_path, channels="split")
    assert len(prepared.manifest.chunks) <= 8, "chunks of ten seconds would be 48"


def test_channels_that_need_more_chunks_than_allowed_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.prepare.stage.MAX_CHUNKS", 2)
    monkeypatch.setattr("functions.prepare.stage.MAX_CHUNK", 20 * RATE)
    with pytest.raises(RecordingTooLong, match="with 2 split channels it may last 20 s"):
        PreparedAudio(wav(interleave(speech(), speech()), channels=2), tmp_path, channels="split")


@pytest.mark.slow  # the same with one channel runs with each change: test_stage.py
def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    half_a_minute = encode(
        "mp3",
        "libmp3lame",
        interleave(speech(), speech()),
        rate=8000,
        layout="stereo",
        options={"write_xing": "0"},
    )
    recording, folder = tmp_path / "recording", tmp_path / "prepared"
    folder.mkdir()
    recording.write_bytes(half_a_minute * 3)
    short_seconds, short_megabytes = peak_memory(recording, folder, "split")
    recording.write_bytes(half_a_minute * 22)  # 36 MB of samples more, if they were kept
    long_seconds, long_megabytes = peak_memory(recording, folder, "split")
    assert long_seconds > 7 * short_seconds
    assert long_megabytes < short_megabytes + 15
