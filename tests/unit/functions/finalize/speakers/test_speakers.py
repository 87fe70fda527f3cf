"""With channels split, each channel becomes one speaker in the merged transcript."""

from shared.model.artifacts import Turn
from shared.model.transcript import Overlap
from tests.support.finalize_inputs import (
    aligned,
    manifest_of,
    resolved_options,
    segment,
    sentence,
    split_manifest_of,
    transcript_of,
    word,
)

TEN_WORDS = "one two three four five six seven eight nine ten"


def test_each_channel_is_a_speaker_and_times_are_of_the_recording() -> None:
    manifest = split_manifest_of(10.0, [(0.0, 1.0)], [(2.0, 3.0)])
    transcript = transcript_of(
        manifest, [sentence("Hello there.", 0.0), sentence("Good morning.", 2.0)]
    )
    assert [
        (one.id, one.label, one.talk_time, one.turns, one.words) for one in transcript.speakers
    ] == [
        ("S1", "Channel 1", 1.0, 1, 2),
        ("S2", "Channel 2", 1.0, 1, 2),
    ]
    assert [
        (one.word, one.start, one.speaker, one.channel, one.speaker_confidence)
        for one in transcript.words
    ] == [
        ("Hello", 0.0, "S1", 0, 1.0),
        ("there.", 0.5, "S1", 0, 1.0),
        ("Good", 2.0, "S2", 1, 1.0),
        ("morning.", 2.5, "S2", 1, 1.0),
    ]
    assert transcript.text == "Hello there.\nGood morning."


def test_a_sentence_is_not_split_by_the_other_channels_words() -> None:
    manifest = split_manifest_of(10.0, [(0.0, 5.0)], [(1.0, 1.5)])
    transcript = transcript_of(manifest, [sentence(TEN_WORDS, 0.0), sentence("Mhm.", 1.2)])
    assert [(one.channel, one.speaker, one.text, one.words) for one in transcript.segments] == [
        (0, "S1", TEN_WORDS, (0, 9)),
        (1, "S2", "Mhm.", (10, 10)),
    ]
    assert [one.id for one in transcript.words] == list(range(11))
    assert transcript.words[10].start < transcript.words[9].start


def test_turns_join_words_over_short_pauses_and_may_overlap() -> None:
    words = [word("one", 0.0, 1.0), word("two", 1.4, 2.0), word("three", 2.8, 3.0)]
    manifest = split_manifest_of(10.0, [(0.0, 3.0)], [(1.5, 2.5)])
    transcript = transcript_of(
        manifest, [aligned([segment("one two three")], words), sentence("Yes, yes.", 1.5)]
    )
    assert transcript.turns == (
        Turn(start=0.0, end=2.0, speaker="S1"),
        Turn(start=1.5, end=2.5, speaker="S2"),
        Turn(start=2.8, end=3.0, speaker="S1"),
    )
    assert transcript.overlaps == (Overlap(start=1.5, end=2.0, speakers=("S1", "S2")),)
    assert [(one.word, one.overlap, one.speakers) for one in transcript.words] == [
        ("one", False, ("S1",)),
        ("two", True, ("S1", "S2")),
        ("three", False, ("S1",)),
        ("Yes,", True, ("S2", "S1")),
        ("yes.", False, ("S2",)),
    ]


def test_words_of_one_channel_do_not_move_those_of_another() -> None:
    manifest = split_manifest_of(10.0, [(0.0, 5.0)], [(0.0, 5.0)])
    transcript = transcript_of(manifest, [sentence("three four", 3.0), sentence("one two", 1.0)])
    assert [(one.word, one.start, one.timing) for one in transcript.words] == [
        ("one", 1.0, "aligned"),
        ("two", 1.5, "aligned"),
        ("three", 3.0, "aligned"),
        ("four", 3.5, "aligned"),
    ]
    assert [one.channel for one in transcript.segments] == [1, 0]


def test_words_of_one_channel_cover_no_speech_of_another() -> None:
    manifest = split_manifest_of(10.0, [(0.0, 4.0)], [(0.0, 4.0)])
    transcript = transcript_of(manifest, [sentence(TEN_WORDS, 0.0, 0.4), aligned([], [])])
    assert transcript.quality.coverage == 0.5
    assert [(one.start, one.end) for one in transcript.quality.uncovered] == [(0.0, 3.8)]


def test_a_channel_without_speech_is_no_speaker() -> None:
    transcript = transcript_of(
        split_manifest_of(10.0, [], [(0.0, 1.0)]), [aligned([], []), sentence("Hello.", 0.0)]
    )
    assert [(one.id, one.label) for one in transcript.speakers] == [("S2", "Channel 2")]
    assert transcript.warnings == ()


def test_a_word_at_the_very_end_belongs_to_its_channel_with_full_confidence() -> None:
    transcript = transcript_of(
        split_manifest_of(2.0, [(0.0, 2.0)]), [sentence("too late", 1.5, 1.0)]
    )
    assert [(one.end, one.speaker_confidence) for one in transcript.words] == [
        (2.0, 1.0),
        (2.0, 1.0),
    ]


def test_suspects_have_their_channel() -> None:
    doubted = aligned([segment("Thanks for watching.", 1.0, 2.0, quality_flags=("no_speech",))], [])
    transcript = transcript_of(
        split_manifest_of(10.0, [], [(1.0, 2.0)]), [aligned([], []), doubted]
    )
    assert [suspect.channel for suspect in transcript.quality.suspects] == [1]
    assert transcript.speakers == ()


def alike(one: str, other: str, later: float = 0.0) -> bool:
    manifest = split_manifest_of(20.0, [(0.0, 9.0)], [(0.0, 9.0)])
    transcript = transcript_of(manifest, [sentence(one, 0.0), sentence(other, later)])
    return [warning.code for warning in transcript.warnings] == ["channels_alike"]


def test_the_same_speech_on_two_channels_is_a_warning() -> None:
    assert alike(TEN_WORDS, TEN_WORDS, 0.1)
    assert alike(TEN_WORDS.replace("nine ten", "nein Zehn").upper(), TEN_WORDS)
    assert alike(TEN_WORDS, TEN_WORDS.title())
    assert alike(TEN_WORDS + " and then some more words that only one channel has", TEN_WORDS)
    assert alike(TEN_WORDS, TEN_WORDS + " and then some more words that only one channel has")


def test_other_speech_and_few_words_are_no_warning() -> None:
    assert not alike(TEN_WORDS, TEN_WORDS, 4.0)
    assert not alike(TEN_WORDS.replace("eight nine ten", "acht neun zehn"), TEN_WORDS)
    assert not alike("one two three", "one two three")
    assert not alike(TEN_WORDS, " ".join(reversed(TEN_WORDS.split())))


def test_mixed_recordings_have_no_channel() -> None:
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 1.0)]]),
        [sentence("Hello.", 0.0)],
        options=resolved_options(channels="mix"),
    )
    assert (transcript.words[0].channel, transcript.segments[0].channel) == (None, None)
