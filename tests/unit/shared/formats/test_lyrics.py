"""LRC holds the captions with their times, as FFmpeg reads them."""

import io

import av
import pytest
from hypothesis import given, settings

from shared.formats.characters import printable
from shared.formats.cues import build_cues
from shared.formats.lyrics import lrc_time, without_brackets
from shared.model.caption_options import CaptionOptions
from shared.model.transcript import Transcript
from tests.support.drawn import AS_DEFAULT, drawn
from tests.support.hostile_transcripts import hostile_transcripts, renamed, source_of
from tests.support.made_transcripts import said, transcript_of_sentences

anything = settings(max_examples=15, deadline=None)
UNNAMED = CaptionOptions(caption_speakers="never")


def dialogue(text: str = "Yes.") -> Transcript:
    sentences = [said("S1", "Good morning."), said("S2", text, pause=4.0)]
    source = source_of("team/Call [1].wav")
    return renamed(transcript_of_sentences(source, sentences), ["Anna", "Bob"])


def ffmpeg_lines(text: str) -> list[tuple[float, str]]:
    """Returns the seconds and the text of each line."""
    with av.open(io.BytesIO(text.encode()), "r", format="lrc") as file:
        return [
            (float(packet.pts * packet.time_base), bytes(packet).decode().rstrip())
            for packet in file.demux()
            if packet.pts is not None
        ]


def test_each_caption_is_a_line_that_goes_away_in_a_pause() -> None:
    assert drawn("lrc", dialogue()).splitlines() == [
        "[ti:Call (1).wav]",
        "[length:00:06.47]",
        "[re:Dropscribe]",
        "[00:00.45]Anna: Good morning.",
        "[00:01.59]",
        "[00:05.13]Bob: Yes.",
        "[00:06.13]",
    ]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("[00:05.00]now", "(00:05.00)now"),
        ("<00:05.00>now", "(00:05.00)now"),
        ("[laughs]", "[laughs]"),
    ],
)
def test_a_time_that_is_said_is_no_time_of_a_line(said: str, shown: str) -> None:
    text = drawn("lrc", dialogue(said))
    assert f"[00:05.13]Bob: {shown}" in text
    assert [line for _, line in ffmpeg_lines(text) if "Bob" in line] == [f"Bob: {shown}"]


@anything
@given(hostile_transcripts())
def test_any_words_and_times_are_read_back(transcript: Transcript) -> None:
    lines = ffmpeg_lines(drawn("lrc", transcript))
    cues = build_cues(transcript, AS_DEFAULT)
    spoken = [line for line in lines if line[1]]
    assert [time for time, _ in spoken] == [cue.start // 10 / 100 for cue in cues]
    for (_, text), cue in zip(spoken, cues, strict=True):
        last = cue.voices[-1].lines[-1]
        speech = printable(last.speech)
        assert without_brackets(text).endswith(without_brackets(speech))


@pytest.mark.parametrize(("said", "shown"), [("[laughs] Yes.", "(laughs) Yes."), ("[", "(")])
def test_a_bracket_at_the_start_of_a_line_is_read(said: str, shown: str) -> None:
    text = drawn("lrc", dialogue(said), UNNAMED)
    assert f"[00:05.13]{shown}" in text
    assert [line for _, line in ffmpeg_lines(text) if line][-1] == shown


def test_minutes_go_on_after_an_hour() -> None:
    assert [lrc_time(time) for time in (0, 59_999, 60_000, 43_200_009)] == [
        "00:00.00",
        "00:59.99",
        "01:00.00",
        "720:00.00",
    ]
