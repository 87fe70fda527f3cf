"""Edits are carried over to a new run's transcript where it says the same, and else are shown."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.finalize.answer.carried_edits import carry_over
from shared.formats.corrections import correct
from shared.model.contracts import Source
from shared.model.edits import Edits, StoredEdits, ids_of, unknown_ids
from shared.model.transcript import Gap, Suspect, Transcript
from tests.support.finalize_inputs import transcripts
from tests.support.made_transcripts import Said, said, transcript_of_sentences
from tests.unit.shared.formats.test_corrections import any_edits

SOURCE = Source(bucket="inbox", name="call.wav", generation=7)
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def made(*sentences: Said, run: int = 2, **other: Any) -> Transcript:
    return transcript_of_sentences(SOURCE, sentences, run=run, **other)


def carried(former: Transcript, edits: Edits, new: Transcript) -> StoredEdits:
    fields = dict(edits)
    stored = StoredEdits(**fields, base=1, revision=4, updated=NOW)
    after = carry_over(former, stored, new, NOW)
    assert unknown_ids(after, ids_of(new)) == []
    assert (after.base, after.revision) == (new.job.run, 5)
    return after


def left(edits: StoredEdits) -> list[tuple[str, str, str]]:
    return [(one.kind, one.text, one.edit) for one in edits.unapplied]


A = said("S1", "we met Anna Veber there")
B = said("S2", "she told us nothing")
C = said("S1", "that was all")
FORMER = made(A, B, C, run=1)


def test_edits_of_an_equal_transcript_stay_as_they_are() -> None:
    edits = Edits(
        speakers={"S1": "Max", "S9": "Eve"},
        merges={"S9": "S1"},
        words={"3": "Weber", "5": ""},
        sentences={"1": "S9"},
        dropped=("segment-2",),
    )
    after = carried(FORMER, edits, made(A, B, C))
    assert after.edits == edits
    assert after.unapplied == ()


def test_words_are_found_by_time_when_others_were_inserted() -> None:
    new = made(said("S1", "so we met Anna Veber there"), B, C)
    words = [one.model_copy(update={"start": one.start - 0.34}) for one in new.words]
    earlier = new.model_copy(update={"words": tuple(words)})
    after = carried(FORMER, Edits(words={"3": "Weber"}), earlier)
    assert after.words == {"4": "Weber"}


def test_a_word_that_is_another_now_is_shown_and_one_that_is_right_now_is_not() -> None:
    new = made(said("S1", "we met Anna Weber here"), B, C)
    after = carried(FORMER, Edits(words={"3": "Weber", "4": "then", "0": "We"}), new)
    assert after.words == {"0": "We"}
    assert left(after) == [("word", "there", "then")]
    assert after.unapplied[0].start == FORMER.words[4].start


def test_a_removed_word_that_nothing_took_the_place_of_is_done() -> None:
    shorter = tuple(one for one in FORMER.words if one.id != 8)
    new = FORMER.model_copy(
        update={"words": shorter, "job": FORMER.job.model_copy(update={"run": 2})}
    )
    segments = [one.model_copy(update={"words": None}) for one in FORMER.segments]
    new = new.model_copy(update={"segments": tuple(segments), "words": ()})
    assert carried(FORMER, Edits(words={"8": ""}), new).unapplied == ()


def renamed_speakers(transcript: Transcript, ids: dict[str, str]) -> Transcript:
    """Returns the transcript as if the speakers had been found in another order."""
    turns = [one.model_copy(update={"speaker": ids[one.speaker]}) for one in transcript.turns]
    speakers = [one.model_copy(update={"id": ids[one.id]}) for one in transcript.speakers]
    segments = []
    for one in transcript.segments:
        segments.append(one.model_copy(update={"speaker": ids[str(one.speaker)]}))
    changes = {"turns": tuple(turns), "speakers": tuple(speakers), "segments": tuple(segments)}
    return transcript.model_copy(update=changes)


def test_names_follow_the_voices_and_not_the_ids() -> None:
    new = renamed_speakers(made(A, B, C), {"S1": "S2", "S2": "S1"})
    after = carried(FORMER, Edits(speakers={"S1": "Max", "S2": "Anna"}), new)
    assert after.speakers == {"S2": "Max", "S1": "Anna"}


def test_of_two_names_for_one_voice_that_of_the_longer_talk_stays() -> None:
    new = renamed_speakers(made(A, B, C), {"S1": "S1", "S2": "S1"})
    new = new.model_copy(update={"speakers": new.speakers[:1]})
    edits = Edits(speakers={"S1": "Max", "S2": "Anna"}, sentences={"2": "S2"})
    after = carried(FORMER, edits, new)
    assert after.speakers == {"S1": "Max"}
    assert left(after) == [("speaker", "Speaker 2", "Anna")]


def test_a_merge_of_speakers_who_are_one_now_is_done() -> None:
    new = renamed_speakers(made(A, B, C), {"S1": "S1", "S2": "S1"})
    new = new.model_copy(update={"speakers": new.speakers[:1]})
    after = carried(FORMER, Edits(merges={"S2": "S1"}), new)
    assert (after.merges, after.unapplied) == ({}, ())


def test_an_added_speaker_gets_an_id_that_is_free() -> None:
    new = made(A, B, C, said("S3", "one more voice"))
    after = carried(FORMER, Edits(sentences={"1": "S3"}, speakers={"S3": "Eve"}), new)
    assert after.sentences == {"1": "S4"} and after.speakers == {"S4": "Eve"}


def test_a_sentence_that_is_another_now_is_shown() -> None:
    new = made(A, said("S2", "he asked them everything"), C)
    edits = Edits(sentences={"1": "S1"}, dropped=("segment-1",), speakers={"S1": "Max"})
    assert left(carried(FORMER, edits, new)) == [
        ("sentence", "she told us nothing", "Max"),
        ("dropped", "she told us nothing", ""),
    ]


def suspect(text: str, start: float) -> Suspect:
    return Suspect(
        start=start, end=start + 1, text=text, language="en", channel=None, reasons=("prompt",)
    )


def test_suspects_and_gaps_are_found_by_their_times() -> None:
    gaps = [Gap(start=30.0, end=31.0, channel=None), Gap(start=40.0, end=41.0, channel=None)]
    heard = [suspect("Bye.", 50.0), suspect("Thanks.", 60.0), suspect("Lost.", 70.0)]
    former = made(A, run=1, suspects=heard, gaps=gaps)
    new = made(A, suspects=[suspect("Thanks.", 60.1)], gaps=gaps[1:])
    edits = Edits(
        kept=("suspect-1", "suspect-2"),
        dropped=("suspect-0", "gap-0", "gap-1"),
        sentences={"suspect-1": "S1", "suspect-2": "S1"},
    )
    after = carried(former, edits, new)
    assert (after.kept, after.dropped) == (("suspect-0",), ("gap-0",))
    assert after.sentences == {"suspect-0": "S1"}
    assert left(after) == [("kept", "Lost.", "")]


def test_what_found_no_place_before_is_still_shown() -> None:
    stored = StoredEdits(base=1, revision=1, updated=NOW, words={"4": "then"})
    other = made(said("S1", "we met Anna Weber here"), B, C)
    once = carry_over(FORMER, stored, other, NOW)
    again = carry_over(other, once, made(A, B, C, run=3), NOW)
    assert left(again) == [("word", "there", "then")]


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_edits_of_any_transcript_are_carried_to_any_other(data: st.DataObject) -> None:
    former = data.draw(transcripts())
    edits = data.draw(any_edits(former))
    new = data.draw(st.just(former) | transcripts())
    after = carried(former, edits, new)
    assert correct(new, after)
