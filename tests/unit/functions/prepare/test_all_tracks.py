"""With `track=all` every sound track of a recording is heard, mixed or split, at its time."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from functions.prepare import all_tracks
from functions.prepare.all_tracks import open_all_tracks
from functions.prepare.media import Channels
from shared.model.artifacts import Media, StageWarning
from shared.model.errors import BadOption, NoSound, NotAudio
from tests.support.audio_files import Samples, encode, silent_film
from tests.support.bursts import burst_times, with_bursts
from tests.support.decoding import DAY
from tests.support.prepared_audio import PreparedAudio
from tests.support.recordings import RATE, silence, wav
from tests.support.track_files import Described, with_tracks

FIRST = with_bursts([0.5, 2.5], 3.0)
SECOND = with_bursts([1.5, 3.5], 4.0)
THIRD = with_bursts([4.5], 5.0)
NO_DETAILS: Described = {}


def decode_all(
    data: bytes, channels: Channels = "mix"
) -> tuple[Samples, Media, tuple[StageWarning, ...]]:
    with open_all_tracks(io.BytesIO(data), DAY, channels) as recording:
        samples = np.concatenate(list(recording.samples()), axis=1)
        return samples, recording.media, recording.warnings


def tracks(container: str, *sounds: Samples) -> bytes:
    described = [(sound, NO_DETAILS) for sound in sounds]
    return with_tracks(container, *described)


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts", "nut", "avi"])
def test_all_tracks_are_mixed_at_their_times(container: str) -> None:
    samples, media, warnings = decode_all(tracks(container, FIRST, SECOND, THIRD))
    expected = [0.5, 1.5, 2.5, 3.5, 4.5]
    assert burst_times(samples[0]) == pytest.approx(expected, abs=0.1)
    assert len(samples) == 1
    assert media.duration == len(samples[0]) / RATE == pytest.approx(5.0, abs=0.2)
    assert media.channels == 3
    assert not warnings


def test_split_tracks_are_channels() -> None:
    samples, _, warnings = decode_all(tracks("matroska", FIRST, THIRD), "split")
    first, second = samples
    assert burst_times(first) == pytest.approx([0.5, 2.5], abs=0.1)
    assert burst_times(second) == pytest.approx([4.5], abs=0.1)
    assert not warnings


def test_a_recording_of_one_track_sounds_as_without_the_option(tmp_path: Path) -> None:
    data = encode("matroska", "libopus", FIRST.repeat(2), rate=48_000, layout="stereo")
    folders = tmp_path / "all", tmp_path / "one"
    for folder in folders:
        folder.mkdir()
    of_all, of_one = (
        PreparedAudio(data, folder, track=track)
        for folder, track in zip(folders, ("all", None), strict=True)
    )
    assert np.array_equal(of_all.samples["chunks"][0], of_one.samples["chunks"][0])
    assert of_all.manifest == of_one.manifest


def test_a_track_of_opposite_phase_is_not_cancelled() -> None:
    samples, _, (warning,) = decode_all(tracks("matroska", FIRST, -FIRST))
    assert burst_times(samples[0]) == pytest.approx([0.5, 2.5], abs=0.1)
    assert warning.code == "channels_cancel"


def test_what_is_wrong_with_one_track_is_said_with_its_number() -> None:
    data = tracks("matroska", FIRST, SECOND)

    def lose_a_second(packets: list[Any]) -> list[Any]:
        return [packet for packet in packets if not 1 <= packet.pts * packet.time_base < 2]

    damaged = with_tracks(
        "matroska", (FIRST, NO_DETAILS), (SECOND, NO_DETAILS), change_last=lose_a_second
    )
    assert not decode_all(data)[2]
    _, _, (warning,) = decode_all(damaged)
    assert warning.code == "gap"
    assert warning.message.startswith("sound track 2: the file holds no sound for 1.0 s")


def test_a_track_that_cannot_be_decoded_is_named_and_the_other_is_heard() -> None:
    data = tracks("matroska", FIRST, SECOND)
    second_codec = data.rindex(b"A_AAC")
    broken = data[:second_codec] + b"A_XYZ" + data[second_codec + 5 :]
    samples, media, (warning,) = decode_all(broken)
    assert burst_times(samples[0]) == pytest.approx([0.5, 2.5], abs=0.1)
    assert media.channels == 1
    assert warning.code == "not_read"
    assert warning.message.startswith("sound track 2: the track could not be read")
    first_codec = data.index(b"A_AAC")
    with pytest.raises(NotAudio):
        decode_all(broken[:first_codec] + b"A_XYZ" + broken[first_codec + 5 :])


def test_joined_recordings_whose_tracks_differ_have_a_warning_of_their_times() -> None:
    data = tracks("matroska", FIRST, SECOND)
    _, _, (warning,) = decode_all(data + data)
    assert warning.code == "time_uncertain"
    assert "up to 1.0 s apart" in warning.message
    alike = tracks("matroska", FIRST, FIRST)
    _, media, warnings = decode_all(alike + alike)
    assert media.duration == pytest.approx(6.0, abs=0.2)
    assert not warnings


def test_tracks_that_only_a_later_recording_has_are_named() -> None:
    first = tracks("matroska", FIRST)
    second = tracks("matroska", SECOND, THIRD)
    samples, _, (warning,) = decode_all(first + second)
    assert burst_times(samples[0]) == pytest.approx([0.5, 2.5, 4.5, 6.5], abs=0.1)
    assert warning.code == "other_tracks"
    _, media, warnings = decode_all(second + first)
    assert media.duration == pytest.approx(7.0, abs=0.2)
    assert [warning.code for warning in warnings] == []


def test_too_many_tracks_or_channels_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    data = tracks("matroska", *[silence(0.5)] * 9)
    with pytest.raises(BadOption, match="takes up to 8; the sound tracks have 9"):
        decode_all(data, "split")
    assert len(decode_all(data)[0]) == 1
    monkeypatch.setattr(all_tracks, "MAX_TRACKS", 8)
    with pytest.raises(BadOption, match="takes up to 8; the recording has 9"):
        decode_all(data)


def test_a_film_without_sound_is_refused() -> None:
    with pytest.raises(NoSound):
        decode_all(silent_film("mp4", 1))


def test_a_wav_file_has_one_track() -> None:
    samples, _, _ = decode_all(wav(FIRST))
    assert burst_times(samples[0]) == pytest.approx([0.5, 2.5], abs=0.1)
