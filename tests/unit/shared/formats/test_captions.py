"""Captions stay long enough, begin with labels where asked, and end lines where a reader would."""

import io
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
import srt
import webvtt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.formats.cues import Cue, build_cues
from shared.formats.lines import columns, line_columns
from shared.model.caption_options import CaptionOptions
from shared.model.contracts import Source
from shared.model.transcript import Transcript
from tests.support.drawn import drawn
from tests.support.finalize_inputs import transcripts
from tests.support.made_transcripts import Said, conversation, said, transcript_of_sentences

SOURCE = Source(bucket="inbox", name="call.wav", generation=1)
DEFAULTS = CaptionOptions()
anything = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
any_options = st.builds(
    CaptionOptions,
    caption_line_length=st.sampled_from([None, 10, 20, 42]),
    caption_lines=st.integers(1, 4),
    caption_min_seconds=st.sampled_from([0.0, 1.0]),
    caption_max_seconds=st.sampled_from([1.0, 7.0]),
    caption_gap=st.sampled_from([0.0, 0.08, 1.0]),
    caption_speakers=st.sampled_from(["change", "always", "never"]),
    caption_words=st.booleans(),
)


def spoken(*sentences: Said, seconds: float | None = None) -> Transcript:
    return transcript_of_sentences(SOURCE, sentences, seconds=seconds)


def lines_of(transcript: Transcript, **options: Any) -> list[list[str]]:
    return [cue.lines for cue in cues_of(transcript, **options)]


def cues_of(transcript: Transcript, **options: Any) -> list[Cue]:
    return build_cues(transcript, CaptionOptions(**options))


def gaps_of(cues: Sequence[Cue]) -> list[int]:
    return [after.start - before.end for before, after in pairwise(cues)]


@anything
@given(transcripts(), any_options)
def test_captions_keep_to_any_options(transcript: Transcript, options: CaptionOptions) -> None:
    cues = build_cues(transcript, options)
    for cue in cues:
        assert 0 < cue.end - cue.start <= options.caption_max_seconds * 1000
        assert len(cue.lines) <= options.caption_lines
        for voice in cue.voices:
            limit = options.caption_line_length or line_columns(voice.language)
            assert all(columns(line.text) <= limit for line in voice.lines)
    assert all(gap >= 0 for gap in gaps_of(cues))
    read = list(srt.parse(drawn("srt", transcript, options)))
    assert len(read) == len(cues)


@anything
@given(transcripts(), any_options)
def test_any_webvtt_with_times_of_words_is_read_back(
    transcript: Transcript, options: CaptionOptions
) -> None:
    text = drawn("vtt", transcript, options)
    cues = build_cues(transcript, options)
    read = webvtt.from_buffer(io.StringIO(text)).captions
    assert len(read) == len(cues)
    for caption, cue in zip(read, cues, strict=True):
        stamps = re.findall(r"<(\d+):(\d+):(\d+)\.(\d+)>", caption.raw_text)
        times = [
            int(h) * 3600000 + int(m) * 60000 + int(s) * 1000 + int(ms) for h, m, s, ms in stamps
        ]
        assert times == sorted(set(times))
        assert all(cue.start < time < cue.end for time in times)
        assert options.caption_words or not times


def test_a_caption_stays_while_there_is_time_to_read_it() -> None:
    quick = spoken(
        Said("S1", ("considerable", "misunderstandings", "notwithstanding")),
        said("S1", "Yes.", 3.0),
    )
    first, second = cues_of(quick)
    assert (first.start, first.end) == (450, 450 + 47 * 50)
    assert second.end - second.start == 1000


def test_a_caption_ends_two_frames_before_the_next() -> None:
    transcript = spoken(*conversation(200))
    gaps = gaps_of(cues_of(transcript))
    assert set(gaps) == {80}
    assert set(gaps_of(cues_of(transcript, caption_gap=0.2))) == {200}
    assert set(gaps_of(cues_of(transcript, caption_gap=0))) == {0}


def test_a_caption_stays_half_a_second_after_its_words_and_no_longer() -> None:
    first, _ = cues_of(spoken(said("S1", "one two three four"), said("S1", "five six seven", 4.0)))
    assert first.end == round((0.45 + 3 * 0.34 + 0.9 * 0.34 + 0.5) * 1000)


def test_a_short_gap_is_closed() -> None:
    """The words of the first sentence end 34 ms before the pause."""
    for pause, gap in [(0.9, 80), (1.4, 934)]:
        sentences = (said("S1", "one two three four."), said("S1", "Five six seven.", pause))
        assert gaps_of(cues_of(spoken(*sentences))) == [gap]


def test_a_sentence_that_is_too_fast_alone_shares_the_time_of_the_next() -> None:
    transcript = spoken(
        said("S1", "Three quick words."), said("S1", "Then some others."), said("S1", "Yes.", 5.0)
    )
    assert [cue.speech for cue in cues_of(transcript)] == [
        "Three quick words.",
        "Then some others.",
        "Yes.",
    ]
    slowly_read = cues_of(transcript, caption_characters_per_second=5)
    assert [cue.speech for cue in slowly_read] == ["Three quick words. Then some others.", "Yes."]


def test_a_sentence_that_is_too_short_alone_shares_the_time_of_the_next() -> None:
    transcript = spoken(said("S1", "So."), said("S1", "Then some others.", 0.1))
    assert [cue.speech for cue in cues_of(transcript)] == ["So. Then some others."]
    assert len(cues_of(transcript, caption_min_seconds=0.1)) == 2


def test_no_caption_ends_in_a_name_where_another_break_fits() -> None:
    text = " ".join(["They walked to New York with him"] * 6)
    cues = cues_of(spoken(said("S1", text)), caption_speakers="never")
    lines = [line for cue in cues for line in cue.lines]
    assert len(cues) > 2
    for line in lines[:-1]:
        assert line.split()[-1] not in {"to", "New", "with"}


def test_a_caption_never_lasts_longer_than_allowed() -> None:
    transcript = spoken(*conversation(100), seconds=200.0)
    assert max(cue.end - cue.start for cue in cues_of(transcript)) <= 7000
    assert max(cue.end - cue.start for cue in cues_of(transcript, caption_max_seconds=4)) <= 4000


def test_lines_are_balanced_and_end_where_a_reader_would() -> None:
    text = "We walked over the old bridge to the house in New York."
    assert lines_of(spoken(said("S1", text)), caption_speakers="never") == [
        ["We walked over the old bridge", "to the house in New York."]
    ]
    text = "They have been living for many years near New York City now."
    ((first, second),) = lines_of(spoken(said("S1", text)), caption_speakers="never")
    assert (first, second) == ("They have been living for many years", "near New York City now.")


def test_a_second_line_of_two_words_is_avoided() -> None:
    text = "He might even have been made amiable himself."
    assert lines_of(spoken(said("S1", text)), caption_speakers="never") == [
        ["He might even", "have been made amiable himself."]
    ]


def test_captions_end_after_sentences_and_clauses() -> None:
    text = (
        "When the council had decided to build the new bridge over the river, the people of the "
        "village were asked what they thought of it, and most of them were glad. It opens in May."
    )
    assert [cue.speech for cue in cues_of(spoken(said("S1", text)))] == [
        "When the council had decided to build the new bridge over the river,",
        "the people of the village were asked what they thought of it,",
        "and most of them were glad.",
        "It opens in May.",
    ]


def test_labels_are_shown_where_the_speaker_changes() -> None:
    sentences = [
        said("S1", "Good morning to all of you who came."),
        said("S1", "We begin with the bridge."),
        said("S2", "Thank you very much for that."),
        said("S2", "It is closed since the spring.", 11.0),
    ]
    transcript = spoken(*sentences)
    texts = [" ".join(lines) for lines in lines_of(transcript)]
    assert texts == [
        "Speaker 1: Good morning to all of you who came.",
        "We begin with the bridge.",
        "Speaker 2: Thank you very much for that.",
        "Speaker 2: It is closed since the spring.",
    ]
    texts = [" ".join(lines) for lines in lines_of(transcript, caption_speakers="always")]
    assert all(text.startswith("Speaker ") for text in texts)
    texts = [" ".join(lines) for lines in lines_of(transcript, caption_speakers="never")]
    assert not any("Speaker" in text for text in texts)


def test_a_label_comes_again_only_where_there_is_room_for_it() -> None:
    """The silence is inside a sentence, so that the caption after it was made without a label."""
    words = ["w" * 40, "v" * 40, "u" * 40, "t" * 40]
    transcript = spoken(Said("S1", tuple(words)))
    late = [
        word.model_copy(
            update={
                "start": word.start + 20.0 * (word.id > 1),
                "end": word.end + 20.0 * (word.id > 1),
            }
        )
        for word in transcript.words
    ]
    cues = cues_of(transcript.model_copy(update={"words": tuple(late)}))
    assert all(len(cue.lines) <= 2 for cue in cues)


def test_a_label_is_not_read_and_takes_no_time() -> None:
    transcript = spoken(said("S1", "Yes of course."), said("S1", "No.", 5.0))
    speaker = transcript.speakers[0].model_copy(update={"label": "A very long name indeed"})
    named = transcript.model_copy(update={"speakers": (speaker,)})
    times = [(cue.start, cue.end) for cue in cues_of(named)]
    assert times == [(cue.start, cue.end) for cue in cues_of(named, caption_speakers="never")]


def test_a_label_that_is_longer_than_half_a_line_is_cut() -> None:
    transcript = spoken(said("S1", "Yes of course."))
    speaker = transcript.speakers[0].model_copy(update={"label": "Anna " * 40})
    named = transcript.model_copy(update={"speakers": (speaker,)})
    assert lines_of(named) == [["Anna Anna Anna Ann…: Yes of course."]]


def test_two_short_turns_share_a_caption_with_a_line_each() -> None:
    transcript = spoken(
        said("S1", "Really?", 0.1),
        said("S2", "Yes.", 0.1),
        said("S1", "I see what you mean by that now."),
    )
    assert lines_of(transcript) == [
        ["Speaker 1: Really?", "Speaker 2: Yes."],
        ["Speaker 1: I see what you mean", "by that now."],
    ]
    assert lines_of(transcript, caption_speakers="never")[0] == ["- Really?", "- Yes."]
    assert lines_of(transcript, caption_lines=1)[:2] == [
        ["Speaker 1: Really?"],
        ["Speaker 2: Yes."],
    ]


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_ffmpeg_reads_the_captions(name: str, tmp_path: Path) -> None:
    transcript = spoken(*conversation(60))
    path = tmp_path / f"transcript.{name}"
    path.write_text(drawn(name, transcript))
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux() if packet.size]
    times = [(packet.pts, packet.duration) for packet in packets]
    assert times == [(cue.start, cue.end - cue.start) for cue in cues_of(transcript)]


def test_webvtt_has_the_time_of_each_word_if_asked() -> None:
    transcript = spoken(said("S1", "one two & three"))
    text = drawn("vtt", transcript, CaptionOptions(caption_words=True))
    *_, line = text.splitlines()
    assert line == (
        "<v Speaker 1>Speaker 1: one <00:00:00.790>two <00:00:01.130>&amp; <00:00:01.470>three</v>"
    )
    assert "<00:" not in drawn("vtt", transcript)
