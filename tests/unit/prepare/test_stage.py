"""The prepare stage writes complete chunks, spans, language sample and manifest."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from functions.prepare.stage import Cutting, cut
from shared.errors import TruncatedRecording
from shared.stage import Task
from tests.unit.prepare.made import Made, peak
from tests.unit.prepare.media_files import RATE, Samples, encoded, nothing, speech, wav


@pytest.fixture(scope="module")
def two_minutes() -> Samples:
    return np.tile(speech(), 4)


@pytest.fixture(scope="module")
def made(two_minutes: Samples, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(wav(two_minutes), tmp_path_factory.mktemp("made"))


def test_chunks_and_spans_hold_every_sample_once(made: Made, two_minutes: Samples) -> None:
    assert len(made.sounds["chunks"]) > 8 and len(made.sounds["spans"]) > 1
    np.testing.assert_array_equal(np.concatenate(made.sounds["chunks"]), two_minutes)
    np.testing.assert_array_equal(np.concatenate(made.sounds["spans"]), two_minutes)


def test_the_manifest_says_where_each_file_is_from(made: Made, two_minutes: Samples) -> None:
    manifest = made.manifest
    places = [(chunk.start, chunk.end) for chunk in manifest.chunks]
    places += [(span.start, span.end) for span in manifest.spans]
    for (start, end), sound in zip(places, [*made.sounds["chunks"], *made.sounds["spans"]], strict=True):
        np.testing.assert_array_equal(sound, two_minutes[round(start * RATE) : round(end * RATE)])
    assert manifest.chunks[0].start == 0 and manifest.chunks[-1].end == manifest.media.duration == 120
    assert all(before.end == after.start for before, after in pairwise(manifest.chunks))
    ends = {chunk.end for chunk in manifest.chunks}
    assert all(span.end in ends for span in manifest.spans)


def test_speech_is_found_where_it_is(made: Made) -> None:
    first = made.manifest.chunks[0].speech[0]
    assert first.start == pytest.approx(6.6, abs=0.2)
    for chunk in made.manifest.chunks:
        assert all(chunk.start <= region.start < region.end <= chunk.end for region in chunk.speech)


def test_the_probe_is_made_of_its_windows(made: Made, two_minutes: Samples) -> None:
    (probe,) = made.sounds["probe"]
    windows = made.manifest.probe
    assert 1 < len(windows) <= 5
    for window in windows:
        length = round((window.end - window.start) * RATE)
        assert length <= 30 * RATE
        at, offset = round(window.start * RATE), round(window.offset * RATE)
        np.testing.assert_array_equal(probe[offset : offset + length], two_minutes[at : at + length])
    assert len(probe) == sum(round((window.end - window.start) * RATE) for window in windows)


def test_outputs_come_as_soon_as_they_are_complete(made: Made) -> None:
    assert made.order[-3:] == ["spans", "probe", "manifest"]
    assert made.order.count("probe") == made.order.count("manifest") == 1
    assert "spans" in made.order[: made.order.index("probe") - 1]


def test_a_chunk_is_there_before_the_recording_is_read_to_its_end(two_minutes: Samples, tmp_path: Path) -> None:
    file = io.BytesIO(wav(two_minutes))
    outputs = cut(Task(Cutting(chunk_seconds=10, span_seconds=60, max_seconds=3600), {}, tmp_path, lambda: file))
    assert next(outputs).name == "chunks"
    assert file.tell() < len(file.getvalue()) / 4


def test_nobody_speaks_in_silence(tmp_path: Path) -> None:
    made = Made(wav(nothing(100)), tmp_path, chunk_seconds=30)
    assert made.manifest.probe == () and len(made.sounds["probe"][0]) == 0
    assert not any(chunk.speech for chunk in made.manifest.chunks)
    assert not made.manifest.warnings


@pytest.mark.parametrize("length", [1, 100, 511, 512, 513, 8000])
def test_the_shortest_recordings_are_one_chunk(length: int, tmp_path: Path) -> None:
    made = Made(wav(speech()[7 * RATE :][:length]), tmp_path)
    assert len(made.manifest.chunks) == len(made.manifest.spans) == 1
    assert len(made.sounds["chunks"][0]) == length


def test_a_cut_inside_speech_is_told(tmp_path: Path) -> None:
    talk = speech()[7 * RATE : 21 * RATE]
    babble = sum(np.roll(talk, shift * RATE) // 4 for shift in range(0, 14, 2))
    made = Made(wav(np.asarray(babble, np.int16)), tmp_path)
    (warning,) = made.manifest.warnings
    assert (warning.code, warning.stage) == ("cut_inside_speech", "prepare")
    assert warning.span is not None
    assert warning.span.start < made.manifest.chunks[0].end < warning.span.end


def test_compressed_video_becomes_the_same_chunks_as_its_sound(two_minutes: Samples, tmp_path: Path) -> None:
    sound = two_minutes[: 60 * RATE]
    film = Made(encoded("mp4", "aac", sound, rate=48000, picture=60), tmp_path, chunk_seconds=20)
    plain = Made(wav(sound), tmp_path, chunk_seconds=20)
    assert [chunk.end for chunk in film.manifest.chunks] == pytest.approx(
        [chunk.end for chunk in plain.manifest.chunks], abs=0.1
    )


def test_a_truncated_recording_has_no_manifest(tmp_path: Path) -> None:
    data = wav(np.tile(speech(), 2))
    with pytest.raises(TruncatedRecording):
        Made(data[: len(data) // 2], tmp_path)


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    half_a_minute = encoded("mp3", "libmp3lame", speech(), rate=8000, options={"write_xing": "0"})
    recording, folder = tmp_path / "recording", tmp_path / "made"
    folder.mkdir()
    found = []
    for times in (5, 40):
        recording.write_bytes(half_a_minute * times)
        found.append(peak(recording, folder))
    (short, least), (long, most) = found
    assert long > 7 * short
    assert most < least + 15
