"""Sound tracks that are not used are named, and the option `track` chooses one of them."""

import io
import re
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
import pytest

from functions.prepare.media import open_recording
from functions.prepare.tracks import MAX_LISTED, TrackChoice
from shared.model.artifacts import StageWarning
from shared.model.errors import BadOption, NoSound
from tests.support.audio_files import Samples, encode, encode_audio, silent_film
from tests.support.decoding import DAY
from tests.support.prepared_audio import PreparedAudio
from tests.support.recordings import RATE, silence, speech, wav
from tests.support.track_files import with_tracks

SHORT = speech()[7 * RATE : 10 * RATE]
LONG = speech()[10 * RATE : 21 * RATE]


def decode_track(data: bytes, track: int | None = None) -> tuple[Samples, tuple[StageWarning, ...]]:
    choice = TrackChoice(track)
    with open_recording(io.BytesIO(data), DAY, track=choice) as recording:
        samples = np.concatenate(list(recording.samples()), axis=1)
        return samples[0], recording.warnings


def seconds(samples: Samples) -> float:
    return len(samples) / RATE


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts"])
def test_the_tracks_that_are_not_used_are_named(container: str) -> None:
    german = {"language": "ger"}
    data = with_tracks(container, (SHORT, {"language": "eng"}), (LONG, german), (LONG, german))
    samples, (warning,) = decode_track(data)
    assert seconds(samples) == pytest.approx(3, abs=0.2)
    assert (warning.code, warning.stage) == ("other_tracks", "prepare")
    assert warning.message.startswith("only sound track 1 of 3 was transcribed; not used: track 2")
    assert warning.message.endswith("The option track chooses another, or all")
    lengths = re.findall(r"track \d \(ger, ([\d.]+) s\)", warning.message)
    assert [float(length) for length in lengths] == pytest.approx([11, 11], abs=0.2)


def test_a_title_is_named() -> None:
    data = with_tracks("matroska", (SHORT, {}), (SHORT, {"title": "Director's comments"}))
    _, (warning,) = decode_track(data)
    assert "Director's comments" in warning.message


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts"])
def test_the_option_chooses_a_track(container: str) -> None:
    data = with_tracks(container, (SHORT, {}), (LONG, {}))
    samples, (warning,) = decode_track(data, track=2)
    assert seconds(samples) == pytest.approx(11, abs=0.2)
    assert warning.message.startswith("only sound track 2 of 2 was transcribed; not used: track 1")


def test_the_warning_says_that_the_track_in_use_is_silent() -> None:
    data = with_tracks("matroska", (silence(3), {}), (LONG, {}))
    samples, (warning,) = decode_track(data)
    assert not samples.any()
    assert warning.message.startswith("only sound track 1 of 2, which is silent, was transcribed")
    _, (warning,) = decode_track(data, track=2)
    assert "silent" not in warning.message


def test_a_picture_and_a_single_track_have_no_warning() -> None:
    data = encode("mp4", "aac", SHORT, rate=48000, picture=3)
    _, warnings = decode_track(data)
    assert not warnings
    _, warnings = decode_track(data, track=1)
    assert not warnings


def test_a_track_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadOption, match="track is 2; sound tracks of the recording: 1"):
        decode_track(wav(SHORT), track=2)
    with pytest.raises(NoSound):
        decode_track(silent_film("mp4", 1), track=2)


def test_a_long_list_of_tracks_is_shortened() -> None:
    data = with_tracks("matroska", *[(SHORT, {"title": "x" * 500})] * (MAX_LISTED + 3))
    _, (warning,) = decode_track(data)
    assert "track 11 (" in warning.message
    assert "track 12 (" not in warning.message
    assert " and 2 more. " in warning.message
    assert len(warning.message) < 1500


def test_the_stage_takes_the_option_and_passes_the_warning_on(tmp_path: Path) -> None:
    data = with_tracks("matroska", (SHORT, {}), (LONG, {}))
    prepared = PreparedAudio(data, tmp_path, track=2)
    assert prepared.manifest.media.duration == pytest.approx(11, abs=0.2)
    assert [warning.code for warning in prepared.manifest.warnings] == ["other_tracks"]


def test_split_channels_are_those_of_the_track(tmp_path: Path) -> None:
    data = with_tracks("matroska", (SHORT, {}), (LONG, {}))
    prepared = PreparedAudio(data, tmp_path, channels="split", track=2)
    assert prepared.manifest.media.duration == pytest.approx(11, abs=0.2)
    assert [warning.code for warning in prepared.manifest.warnings] == ["other_tracks"]


def test_a_shorter_track_of_ogg_leaves_nothing_unread() -> None:
    """What follows its end are the packets of the other track."""
    packets = []
    with TemporaryDirectory() as folder:
        path = Path(folder) / "recording"
        with av.open(str(path), "w", format="ogg") as output:
            for samples in (SHORT, LONG):
                stream: Any = output.add_stream("libopus", rate=48_000)
                stream.layout = "mono"
                packets += encode_audio(stream, samples, "mono", 0)
            packets.sort(key=lambda packet: packet.dts * Fraction(packet.time_base))
            output.mux(packets)
        data = path.read_bytes()
    samples, warnings = decode_track(data)
    assert seconds(samples) == pytest.approx(seconds(SHORT), abs=0.1)
    assert [warning.code for warning in warnings] == ["other_tracks"]
