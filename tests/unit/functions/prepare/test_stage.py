"""The prepare stage writes complete chunks, spans, language sample and manifest."""

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from functions.prepare.stage import PrepareParams, prepare_audio
from shared.model.errors import TruncatedRecording
from shared.runtime.stage import StageInput
from tests.support.audio_files import Samples, encode
from tests.support.prepared_audio import PreparedAudio, peak_memory
from tests.support.recordings import RATE, silence, speech, wav


@pytest.fixture(scope="module")
def two_minutes() -> Samples:
    return np.tile(speech(), 4)


@pytest.fixture(scope="module")
def prepared(two_minutes: Samples, tmp_path_factory: pytest.TempPathFactory) -> PreparedAudio:
    return PreparedAudio(wav(two_minutes), tmp_path_factory.mktemp("prepared"))


def test_chunks_and_spans_hold_every_sample_once(
    prepared: PreparedAudio, two_minutes: Samples
) -> None:
    chunks, spans = prepared.samples["chunks"], prepared.samples["spans"]
    assert len(chunks) > 8
    assert len(spans) > 1
    np.testing.assert_array_equal(np.concatenate(chunks), two_minutes)
    np.testing.assert_array_equal(np.concatenate(spans), two_minutes)


def test_the_manifest_says_where_each_file_is_from(
    prepared: PreparedAudio, two_minutes: Samples
) -> None:
    manifest = prepared.manifest
    intervals = [(chunk.start, chunk.end) for chunk in manifest.chunks]
    intervals += [(span.start, span.end) for span in manifest.spans]
    files = [*prepared.samples["chunks"], *prepared.samples["spans"]]
    for (start, end), samples in zip(intervals, files, strict=True):
        np.testing.assert_array_equal(samples, two_minutes[round(start * RATE) : round(end * RATE)])

    assert manifest.chunks[0].start == 0
    assert manifest.chunks[-1].end == manifest.media.duration == 120
    assert all(before.end == after.start for before, after in pairwise(manifest.chunks))
    chunk_ends = {chunk.end for chunk in manifest.chunks}
    assert all(span.end in chunk_ends for span in manifest.spans)


def test_speech_is_found_where_it_is(prepared: PreparedAudio) -> None:
    first = prepared.manifest.chunks[0].speech[0]
    assert first.start == pytest.approx(6.6, abs=0.2)
    for chunk in prepared.manifest.chunks:
        for interval in chunk.speech:
            assert chunk.start <= interval.start < interval.end <= chunk.end


def test_the_probe_joins_its_windows(prepared: PreparedAudio, two_minutes: Samples) -> None:
    (probe,) = prepared.samples["probe"]
    windows = prepared.manifest.probe
    assert 1 < len(windows) <= 5
    for window in windows:
        length = round((window.end - window.start) * RATE)
        assert length <= 30 * RATE
        start, offset = round(window.start * RATE), round(window.offset * RATE)
        expected = two_minutes[start : start + length]
        np.testing.assert_array_equal(probe[offset : offset + length], expected)
    assert len(probe) == sum(round((window.end - window.start) * RATE) for window in windows)


def test_outputs_come_as_soon_as_they_are_complete(prepared: PreparedAudio) -> None:
    names = prepared.output_names
    assert names[-4:] == ["spans", "probe", "peaks", "manifest"]
    assert names.count("probe") == names.count("manifest") == 1
    assert "spans" in names[: names.index("probe") - 1]


def test_the_first_chunk_comes_before_the_recording_is_read_to_its_end(
    two_minutes: Samples, tmp_path: Path
) -> None:
    file = io.BytesIO(wav(two_minutes))
    params = PrepareParams(chunk_seconds=10, span_seconds=60, max_seconds=3600)
    outputs = prepare_audio(StageInput(params, {}, tmp_path, lambda: file))
    assert next(outputs).name == "chunks"
    assert file.tell() < len(file.getvalue()) / 4


def test_silence_has_chunks_without_speech(tmp_path: Path) -> None:
    prepared = PreparedAudio(wav(silence(100)), tmp_path, chunk_seconds=30)
    assert prepared.manifest.probe == ()
    assert len(prepared.samples["probe"][0]) == 0
    assert not any(chunk.speech for chunk in prepared.manifest.chunks)
    assert not prepared.manifest.warnings


@pytest.mark.parametrize("length", [1, 100, 511, 512, 513, 8000])
def test_the_shortest_recordings_are_one_chunk(length: int, tmp_path: Path) -> None:
    prepared = PreparedAudio(wav(speech()[7 * RATE :][:length]), tmp_path)
    assert len(prepared.manifest.chunks) == len(prepared.manifest.spans) == 1
    assert len(prepared.samples["chunks"][0]) == length


def test_a_cut_inside_speech_has_a_warning(tmp_path: Path) -> None:
    talk = speech()[7 * RATE : 21 * RATE]
    babble = sum(np.roll(talk, shift * RATE) // 4 for shift in range(0, 14, 2))
    prepared = PreparedAudio(wav(np.asarray(babble, np.int16)), tmp_path)
    (warning,) = prepared.manifest.warnings
    assert (warning.code, warning.stage) == ("cut_inside_speech", "prepare")
    assert warning.span is not None
    assert warning.span.start < prepared.manifest.chunks[0].end < warning.span.end


def test_a_compressed_video_has_the_same_chunks_as_its_sound(
    two_minutes: Samples, tmp_path: Path
) -> None:
    samples = two_minutes[: 60 * RATE]
    video = encode("mp4", "aac", samples, rate=48000, picture=60)
    from_video = PreparedAudio(video, tmp_path, chunk_seconds=20)
    from_wav = PreparedAudio(wav(samples), tmp_path, chunk_seconds=20)
    expected = [chunk.end for chunk in from_wav.manifest.chunks]
    found = [chunk.end for chunk in from_video.manifest.chunks]
    assert found == pytest.approx(expected, abs=0.1)


def test_a_truncated_recording_has_no_manifest(tmp_path: Path) -> None:
    data = wav(np.tile(speech(), 2))
    with pytest.raises(TruncatedRecording):
        PreparedAudio(data[: len(data) // 2], tmp_path)


def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    half_a_minute = encode("mp3", "libmp3lame", speech(), rate=8000, options={"write_xing": "0"})
    recording, folder = tmp_path / "recording", tmp_path / "prepared"
    folder.mkdir()
    recording.write_bytes(half_a_minute * 5)
    short_seconds, short_megabytes = peak_memory(recording, folder)
    recording.write_bytes(half_a_minute * 40)
    long_seconds, long_megabytes = peak_memory(recording, folder)
    assert long_seconds > 7 * short_seconds
    assert long_megabytes < short_megabytes + 15
