"""RTTM and CTM outputs are readable by independent parsers, and scored against references."""

import io
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from pyannote.database.util import load_rttm

from shared.formats.nist import spoken_parts
from shared.model.transcript import Transcript, Word
from tests.support.drawn import drawn
from tests.support.finalize_inputs import (
    JOB,
    aligned,
    diarization,
    manifest_of,
    segment,
    sentence,
    split_manifest_of,
    transcript_of,
    transcripts,
    word,
)

anything = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def dialogue() -> Transcript:
    manifest = manifest_of(60.0, [[(0.0, 20.0)], [(30.0, 33.0)]])
    words = [
        sentence("Four score and seven years ago.", 0.5),
        sentence("Is 1 < 2 & 3 > 2 -->", 1.0),
    ]
    return transcript_of(manifest, words, [diarization([(0.0, 25.0, "x"), (30.0, 40.0, "y")])])


def test_rttm_has_one_line_per_turn_and_ctm_one_line_per_word() -> None:
    transcript = dialogue()
    assert (
        drawn("rttm", transcript).splitlines()[0]
        == "SPEAKER call 1 0.000 25.000 <NA> <NA> S1 <NA> <NA>"
    )
    assert drawn("ctm", transcript).splitlines()[0] == "call 1 0.500 0.500 four 0.800"
    marks = [one for one in transcript.words if one.word in ("<", ">", "&", "-->")]
    written = len(drawn("ctm", transcript).splitlines())
    assert written == len(transcript.words) - len(marks) + 1, "an ampersand is read aloud"


@anything
@given(transcripts())
def test_any_rttm_is_read_back_by_pyannote(transcript: Transcript) -> None:
    text = drawn("rttm", transcript)
    reader: Any = load_rttm
    read = reader(io.StringIO(text))["call"].itertracks(yield_label=True) if text else ()
    found = [(turn.start, turn.duration, speaker) for turn, _, speaker in read]
    written = [
        (round(turn.start, 3), round(turn.end - turn.start, 3), turn.speaker)
        for turn in transcript.turns
    ]
    lasting = sorted(turn for turn in written if turn[1])
    for one, other in zip(sorted(found), lasting, strict=True):
        assert one == (pytest.approx(other[0]), pytest.approx(other[1]), other[2])


@dataclass(frozen=True)
class Token:
    """A line of NIST's CTM: `<file> <channel> <begin> <duration> <word> [<confidence>]`, sorted by
    the first three."""

    file: str
    channel: int
    begin: float
    duration: float
    word: str
    confidence: float | None


def read_ctm(text: str) -> list[Token]:
    tokens = []
    for line in text.splitlines():
        file, channel, begin, duration, word, *confidence = line.split(" ")
        assert len(confidence) <= 1
        shares = [float(share) for share in confidence]
        tokens.append(
            Token(
                file,
                int(channel),
                float(begin),
                float(duration),
                word,
                shares[0] if shares else None,
            )
        )
    assert tokens == sorted(tokens, key=lambda one: (one.file, one.channel, one.begin))
    assert all(one.word and one.begin >= 0 and one.duration >= 0 for one in tokens)
    return tokens


@anything
@given(transcripts())
def test_any_ctm_is_read_back(transcript: Transcript) -> None:
    tokens = read_ctm(drawn("ctm", transcript))
    in_order = sorted(transcript.words, key=lambda one: one.channel or 0)
    position = 0
    for one in in_order:
        written: list[str] = []
        while position < len(tokens) and belongs(tokens[position], one, written):
            written.append(tokens[position].word)
            position += 1
        spoken = [character for character in one.word.lower() if character.isalnum()]
        assert [character for character in "".join(written) if character.isalnum()] == spoken
    assert position == len(tokens)


def belongs(token: Token, one: Word, written: list[str]) -> bool:
    """Returns whether the token may be a part of the word, beside those written before it."""
    confidence = None if one.confidence is None else pytest.approx(one.confidence, abs=0.0006)
    is_inside = one.start - 0.001 <= token.begin <= one.end + 0.001
    letters = [character for character in one.word.lower() if character.isalnum()]
    so_far = [c for c in "".join([*written, token.word]) if c.isalnum()]
    is_said = so_far == letters[: len(so_far)]
    is_there = (token.file, token.channel) == ("call", (one.channel or 0) + 1)
    return is_inside and is_said and is_there and token.confidence == confidence


@pytest.mark.parametrize(
    "word, parts",
    [
        ("Hello.", ["hello"]),
        ("“O’Clock,”", ["o'clock"]),
        ("'Cause", ["'cause"]),
        ("dogs'", ["dogs'"]),
        ("'hello'", ["hello"]),
        ("‘hello’", ["hello"]),
        ("there,'", ["there"]),
        ("U.S.", ["us"]),
        ("p.m.,", ["pm"]),
        ("twenty-one", ["twenty-one"]),
        ("10,000.50", ["10,000.50"]),
        ("10:30.", ["10:30"]),
        ("50%", ["50%"]),
        ("$5", ["$5"]),
        ("C++", ["c++"]),
        ("and/or", ["and", "or"]),
        ("wait...what?", ["wait", "what"]),
        ("New York", ["new", "york"]),
        ("今天。", ["今天"]),
        ("क्षमा।", ["क्षमा"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),
        ("École", ["école"]),
        ("-", []),
        ("...", []),
        ("♪", []),
    ],
)
def test_words_are_written_as_scoring_programs_compare_them(word: str, parts: list[str]) -> None:
    assert spoken_parts(word) == parts


def test_parts_of_a_word_share_its_time() -> None:
    manifest = manifest_of(10.0, [[(0.0, 4.0)]])
    words = [word("and/orange", 1.0, 2.8)]
    transcript = transcript_of(manifest, [aligned([segment("and/orange")], words)])
    tokens = read_ctm(drawn("ctm", transcript))
    assert [(token.word, token.begin, token.duration) for token in tokens] == [
        ("and", 1.0, 0.6),
        ("orange", 1.6, 1.2),
    ]


@pytest.mark.parametrize(
    "name, recording",
    [
        ("inbox/team/call.mp3", "call"),
        ("My call, part 1.final.mp3", "My_call,_part_1.final"),
        ("a\u00a0b\u3000c.wav", "a_b_c"),
        (";; no comment.wav", "___no_comment"),
        (".wav", ".wav"),
        ("通話", "通話"),
    ],
)
def test_both_formats_name_the_recording(name: str, recording: str) -> None:
    job = JOB.model_copy(update={"source_uri": f"gs://bucket/{name}"})
    transcript = dialogue().model_copy(update={"job": job})
    for kind, field in (("rttm", 1), ("ctm", 0)):
        lines = drawn(kind, transcript).splitlines()
        assert {line.split()[field] for line in lines} == {recording}


def test_channels_are_counted_from_one_in_both_formats() -> None:
    manifest = split_manifest_of(20.0, [(0.0, 8.0)], [(0.0, 8.0)], [(0.0, 8.0)])
    spoken = [sentence("Hello there.", 1.0), aligned([], []), sentence("Who is it?", 0.5)]
    transcript = transcript_of(manifest, spoken)
    tokens = read_ctm(drawn("ctm", transcript))
    assert [(token.channel, token.word) for token in tokens] == [
        (1, "hello"), (1, "there"), (3, "who"), (3, "is"), (3, "it"),
    ]  # fmt: skip
    turns = [line.split() for line in drawn("rttm", transcript).splitlines()]
    assert [(fields[2], fields[7]) for fields in turns] == [("3", "S3"), ("1", "S1")]
