"""A file name of any characters becomes a header that names it and nothing else."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.gateway.file_names import content_disposition, recording_type, with_ending


def parsed_name(header: str) -> str:
    """Returns the file name as a client reads it that knows RFC 6266."""
    _, _, encoded = header.partition("; filename*=UTF-8''")
    if encoded:
        return unquote(encoded)
    _, _, quoted = header.partition("; filename=")
    return quoted.strip('"')


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("call.wav", 'attachment; filename="call.wav"'),
        ("my call.wav", 'attachment; filename="my call.wav"'),
        ("Größe.wav", "attachment; filename=\"Gr__e.wav\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.wav"),
        ('a"b.wav', "attachment; filename=\"a_b.wav\"; filename*=UTF-8''a%22b.wav"),
        ("100%41.wav", "attachment; filename=\"100_41.wav\"; filename*=UTF-8''100%2541.wav"),
        ("a\r\nX: y", 'attachment; filename="a__X: y"'),
        ("a\\..\\b", 'attachment; filename="a_.._b"'),
    ],
)
def test_the_header_of_a_name(name: str, header: str) -> None:
    assert content_disposition("attachment", name) == header


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_name_of_any_characters_fits_into_one_header(name: str) -> None:
    header = content_disposition("inline", name)
    assert header.isascii() and header.isprintable()
    assert "filename*" not in header or header.endswith(header.rpartition("''")[2])
    assert header.count('"') == 2


@given(st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1))
def test_a_client_reads_the_name_that_was_meant(name: str) -> None:
    assert parsed_name(content_disposition("attachment", name)) == name


@pytest.mark.parametrize(
    ("name", "saved"),
    [("call.wav", "call.srt"), ("call", "call.srt"), (".wav", ".wav.srt"), ("a.b.mp3", "a.b.srt")],
)
def test_an_ending_is_replaced(name: str, saved: str) -> None:
    assert with_ending(name, ".srt") == saved


@pytest.mark.parametrize(
    ("name", "type_"),
    [
        ("a.mp3", "audio/mpeg"),
        ("a.MP3", "audio/mpeg"),
        ("a.html", "application/octet-stream"),
        ("mp3", "application/octet-stream"),
        ("svg", "application/octet-stream"),
    ],
)
def test_a_browser_gets_only_the_types_of_recordings(name: str, type_: str) -> None:
    assert recording_type(name) == type_
