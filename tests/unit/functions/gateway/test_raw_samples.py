"""Raw samples become a WAV file that is read in any order, and of which no copy is made."""

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.gateway.raw_samples import HEADER_BYTES, MAX_BYTES, with_header
from functions.gateway.recording_form import RecordingForm
from shared.model.errors import EmptyRecording, RecordingTooLarge


def form_of(samples: bytes, size: int | None = None) -> RecordingForm:
    given_size = len(samples) if size is None else size
    return RecordingForm(io.BytesIO(samples), "audio_file", None, given_size, ())


def test_the_samples_are_those_of_a_mono_wav_file_of_16_khz() -> None:
    samples = bytes(range(200))
    form = with_header(form_of(samples))
    assert (form.file_name, form.content_type) == ("audio_file.wav", "audio/wav")
    assert form.size == HEADER_BYTES + 200
    with wave.open(form.file) as read:
        parameters = (read.getnchannels(), read.getsampwidth(), read.getframerate())
        assert parameters == (1, 2, 16_000)
        assert read.readframes(1000) == samples


def test_half_a_sample_at_the_end_is_left_out() -> None:
    form = with_header(form_of(b"\x01\x02\x03"))
    assert form.size == HEADER_BYTES + 2
    with wave.open(form.file) as read:
        assert read.readframes(10) == b"\x01\x02"


@pytest.mark.parametrize("samples", [b"", b"\x01"])
def test_less_than_a_sample_is_an_empty_recording(samples: bytes) -> None:
    with pytest.raises(EmptyRecording):
        with_header(form_of(samples))


def test_more_than_a_wav_file_can_have_is_refused() -> None:
    assert with_header(form_of(b"", MAX_BYTES)).size == 2**32
    with pytest.raises(RecordingTooLarge):
        with_header(form_of(b"", MAX_BYTES + 2))


@given(st.binary(min_size=2, max_size=300), st.data())
def test_it_reads_like_a_file_in_memory(samples: bytes, data: st.DataObject) -> None:
    whole = with_header(form_of(samples)).file.read()
    file, memory = with_header(form_of(samples)).file, io.BytesIO(whole)
    assert file.seek(0, io.SEEK_END) == len(whole)
    file.seek(0)
    for _ in range(4):
        if data.draw(st.booleans()):
            position = data.draw(st.integers(0, 350))
            assert file.seek(position) == memory.seek(position)
        length = data.draw(st.integers(0, 350))
        assert file.read(length) == memory.read(length)
        assert file.tell() == memory.tell()
