"""The checker of captions finds each fault that is planted in them."""

from collections.abc import Sequence
from dataclasses import asdict

import pytest

from benchmarks.caption_checks import Counts, count, read_captions
from shared.model.contracts import Source
from shared.model.transcript import Transcript
from tests.support.made_transcripts import Said, said, transcript_of_sentences

SOURCE = Source(bucket="inbox", name="call.wav", generation=1)
GOOD = [
    (0.3, 3.0, "Speaker 1: We walked over the bridge\nto the old house."),
    (3.1, 5.0, "Speaker 2: Yes."),
]
SENTENCES = [said("S1", "We walked over the bridge to the old house."), said("S2", "Yes.")]


def transcript(sentences: Sequence[Said] = SENTENCES) -> Transcript:
    return transcript_of_sentences(SOURCE, sentences)


def found(
    captions: Sequence[tuple[float, float, str]], sentences: Sequence[Said] = SENTENCES
) -> dict[str, int]:
    """Returns what is found, without what is not."""
    blocks = []
    for number, (start, end, text) in enumerate(captions, start=1):
        blocks.append(f"{number}\n{clock(start)} --> {clock(end)}\n{text}\n")
    made = transcript(sentences)
    labels = [speaker.label for speaker in made.speakers]
    counts = count(read_captions("\n".join(blocks), labels), made)
    return {name: number for name, number in asdict(counts).items() if number}


def clock(seconds: float) -> str:
    return f"00:00:{seconds:06.3f}".replace(".", ",")


def test_nothing_is_found_in_good_captions() -> None:
    assert found(GOOD) == {"captions": 2, "two_lines": 1}


@pytest.mark.parametrize(
    ("captions", "fault"),
    [
        ([(0.3, 3.2, GOOD[0][2]), GOOD[1]], "overlaps"),
        ([(0.3, 3.0, "We walked over the bridge to the old house."), GOOD[1]], "lines_too_wide"),
        ([(0.3, 3.0, "We walked over\nthe bridge\nto the old house."), GOOD[1]], "too_many_lines"),
        ([(0.3, 3.0, "We walked over the bridge\nto the house."), GOOD[1]], "texts_that_differ"),
        (
            [(0.3, 5.0, "We walked over the bridge\nto the old house. Yes.")],
            "lines_of_two_speakers",
        ),
        ([(0.5, 3.0, GOOD[0][2]), GOOD[1]], "over_17_characters_a_second"),
        ([(0.5, 2.5, GOOD[0][2]), GOOD[1]], "over_20_characters_a_second"),
        ([(0.5, 2.1, GOOD[0][2]), GOOD[1]], "over_25_characters_a_second"),
        ([GOOD[0], (3.1, 3.9, "Yes.")], "shorter_than_five_sixths_of_a_second"),
        ([GOOD[0], (3.1, 10.2, "Yes.")], "longer_than_seven_seconds"),
        (
            [(0.5, 1.5, "We walked over the"), (1.6, 3.0, "bridge to the old house."), GOOD[1]],
            "ends_on_function_word",
        ),
        (
            [(0.3, 3.0, "We walked over the bridge to\nthe old house."), GOOD[1]],
            "first_line_ends_on_function_word",
        ),
        (
            [(0.3, 3.0, "We walked over the bridge to the\nold house."), GOOD[1]],
            "second_line_of_one_or_two_words",
        ),
    ],
)
def test_a_fault_is_found(captions: Sequence[tuple[float, float, str]], fault: str) -> None:
    assert found(captions)[fault] == 1


def test_a_name_on_two_lines_is_found() -> None:
    sentences = [said("S1", "We live in a house in New York City now.")]
    captions = [(0.3, 3.0, "We live in a house in New\nYork City now.")]
    assert found(captions, sentences)["line_ends_inside_name"] == 1


@pytest.mark.parametrize("marks", [("Speaker 1: ", "Speaker 2: "), ("- ", "- ")])
def test_a_caption_of_two_speakers_is_no_text_of_two_lines(marks: tuple[str, str]) -> None:
    sentences = [said("S1", "Do you see it?"), said("S2", "Yes.")]
    captions = [(0.3, 3.0, f"{marks[0]}Do you see it?\n{marks[1]}Yes.")]
    assert found(captions, sentences) == {"captions": 1, "shared_by_two_speakers": 1}


def test_a_label_is_not_read() -> None:
    captions = read_captions("1\n00:00:00,000 --> 00:00:01,000\nAnna: Yes\nof course\n", ["Anna"])
    assert [caption.speed for caption in captions] == [len("Yes of course")]


def test_counts_are_added() -> None:
    total = Counts(captions=2, overlaps=1)
    total.add(Counts(captions=3, two_lines=1))
    assert total == Counts(captions=5, overlaps=1, two_lines=1)
