"""SRT, WebVTT and text outputs are readable by independent parsers."""

import html
import io
import json
import re
from itertools import pairwise

import pytest
import srt
import webvtt
from hypothesis import HealthCheck, given, settings

from shared.formats.cues import Cue, CueVoice, build_cues
from shared.formats.lines import LINE_COLUMNS, columns
from shared.model.caption_options import CaptionOptions
from shared.model.transcript import Transcript
from shared.model.transcript_language import text_language
from tests.support.drawn import drawn
from tests.support.finalize_inputs import (
    aligned,
    detection,
    diarization,
    manifest_of,
    resolved_options,
    segment,
    sentence,
    split_manifest_of,
    transcript_of,
    transcripts,
    word,
)

anything = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SPEECH = (
    "Four score and seven years ago our fathers brought forth, upon this continent, a new nation, "
    "conceived in liberty, and dedicated to the proposition that all men are created equal. "
    "Now we are engaged in a great civil war."
)


def dialogue() -> Transcript:
    manifest = manifest_of(60.0, [[(0.0, 20.0)], [(30.0, 33.0)]])
    words = [sentence(SPEECH, 0.5), sentence("Is 1 < 2 & 3 > 2 --> true?", 1.0)]
    return transcript_of(manifest, words, [diarization([(0.0, 25.0, "x"), (30.0, 40.0, "y")])])


def cues_of(transcript: Transcript) -> list[Cue]:
    return build_cues(transcript, CaptionOptions())


def speaker_of(cue: Cue) -> str | None:
    """Returns who speaks in a caption of one speaker."""
    (voice,) = cue.voices
    return voice.speaker


def empty() -> Transcript:
    return transcript_of(manifest_of(5.0, [[]]), [aligned([], [])])


@anything
@given(transcripts())
def test_cues_are_readable_and_never_overlap(transcript: Transcript) -> None:
    shown = cues_of(transcript)
    for cue in shown:
        assert 0 < cue.end - cue.start <= 7000
        assert cue.speech
    for before, after in pairwise(shown):
        assert before.end <= after.start
    voices = [voice for cue in shown for voice in cue.voices]
    for channel in {one.channel for one in transcript.segments}:
        said = [one for one in transcript.segments if one.channel == channel]
        label = None if channel is None else f"Channel {channel + 1}"
        written = [speech_of(voice) for voice in voices if label in (None, voice.speaker)]
        assert squeezed("".join(written)) == squeezed("".join(one.text for one in said))


def speech_of(voice: CueVoice) -> str:
    return "".join(line.speech for line in voice.lines)


@anything
@given(transcripts())
def test_any_srt_is_read_back(transcript: Transcript) -> None:
    read = list(srt.parse(drawn("srt", transcript)))
    assert [one.index for one in read] == list(range(1, len(cues_of(transcript)) + 1))
    for one, cue in zip(read, cues_of(transcript), strict=True):
        assert (one.start.total_seconds(), one.end.total_seconds()) == (
            cue.start / 1000,
            cue.end / 1000,
        )
        lines = one.content.split("\n")
        assert len(lines) <= 2
        assert max(map(columns, lines)) <= LINE_COLUMNS
        assert squeezed(one.content) == squeezed("".join(cue.lines)).replace("-->", "→")


@anything
@given(transcripts())
def test_any_webvtt_is_read_back(transcript: Transcript) -> None:
    read = webvtt.from_buffer(io.StringIO(drawn("vtt", transcript)))
    for one, cue in zip(read.captions, cues_of(transcript), strict=True):
        assert "-->" not in one.raw_text
        assert one.start_in_seconds * 1000 + one.start_time.milliseconds == cue.start
        assert squeezed(html.unescape(one.text)) == squeezed("".join(cue.lines))


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def test_srt_names_the_speaker_where_the_speaker_changes() -> None:
    read = [one.content for one in srt.parse(drawn("srt", dialogue()))]
    assert [one.split(":")[0] for one in read if one.startswith("Speaker")] == [
        "Speaker 1",
        "Speaker 2",
    ]
    assert read[-1] == "Speaker 2: Is 1 < 2 & 3 > 2 → true?"


def test_speech_at_once_on_two_channels_is_shown_in_turn() -> None:
    manifest = split_manifest_of(20.0, [(0.0, 8.0)], [(0.0, 8.0)])
    words = [
        sentence("one two three four five six", 0.5, 1.0),
        sentence("Well, no. Sorry.", 1.0, 0.5),
    ]
    shown = [
        (cue.start, cue.end, speaker_of(cue), cue.speech)
        for cue in cues_of(transcript_of(manifest, words))
    ]
    assert shown == [
        (500, 1500, "Channel 1", "one two three four five six"),
        (1500, 3000, "Channel 2", "Well, no. Sorry."),
    ]


def test_each_channel_keeps_its_own_order() -> None:
    manifest = split_manifest_of(60.0, [(0.0, 40.0)], [(0.0, 40.0)])
    transcript = transcript_of(manifest, [sentence(SPEECH, 0.5), sentence(SPEECH, 3.0)])
    shown = cues_of(transcript)
    assert {speaker_of(cue) for cue in shown} == {"Channel 1", "Channel 2"}
    assert all(before.end <= after.start for before, after in pairwise(shown))
    assert all(cue.end - cue.start >= 600 for cue in shown)
    assert next(cue.start for cue in shown if speaker_of(cue) == "Channel 2") < 6000, (
        "neither channel waits for the other to end"
    )
    for speaker in ("Channel 1", "Channel 2"):
        assert " ".join(cue.speech for cue in shown if speaker_of(cue) == speaker) == SPEECH


def test_webvtt_names_its_language_and_marks_cues_in_another() -> None:
    manifest = manifest_of(20.0, [[(0.0, 2.0)], [(10.0, 12.0)]])
    words = [
        sentence("Good morning everyone here.", 0.0),
        sentence("Guten Tag.", 0.0, language="de"),
    ]
    text = drawn(
        "vtt",
        transcript_of(
            manifest, words, options=resolved_options(language="multi"), language=detection()
        ),
    )
    read = webvtt.from_buffer(io.StringIO(text))
    assert text.startswith("WEBVTT\nLanguage: en\n\n")
    assert [one.raw_text for one in read.captions] == [
        "Good morning everyone here.",
        "<lang de>Guten Tag.</lang>",
    ]
    assert [one.text for one in read.captions] == ["Good morning everyone here.", "Guten Tag."]


def test_a_translation_is_english_whatever_the_recordings_language() -> None:
    transcript = transcript_of(
        manifest_of(5.0, [[(0.0, 2.0)]]),
        [sentence("Good day.", 0.0)],
        options=resolved_options(task="translate", language="de"),
    )
    assert (transcript.language.code, text_language(transcript)) == ("de", "en")
    assert drawn("vtt", transcript).startswith("WEBVTT\nLanguage: en\n\n")


def test_webvtt_gives_each_cue_its_speaker_as_voice() -> None:
    text = drawn("vtt", dialogue())
    assert text.startswith("WEBVTT\n\n00:00:00.500 --> ")
    assert text.endswith("\n<v Speaker 2>Speaker 2: Is 1 &lt; 2 &amp; 3 &gt; 2 --&gt; true?</v>\n")
    assert webvtt.from_buffer(io.StringIO(text))[0].voice == "Speaker 1"


def test_long_speech_is_cut_at_clauses_and_sentences() -> None:
    first, *_, last = (cue.speech for cue in cues_of(dialogue()) if speaker_of(cue) == "Speaker 1")
    assert first.endswith(",")
    assert last == "Now we are engaged in a great civil war."
    assert all(cue.end - cue.start <= 7000 for cue in cues_of(dialogue()))


def test_slow_speech_is_shown_while_it_is_spoken() -> None:
    transcript = transcript_of(
        manifest_of(20.0, [[(0.0, 12.0)]]), [sentence("one two three four", 0.0, 3.0)]
    )
    assert [(cue.start, cue.end, cue.speech) for cue in cues_of(transcript)] == [
        (0, 5920, "one two"),
        (6000, 12500, "three four"),
    ]


def test_a_label_fits_within_the_two_lines() -> None:
    text = " ".join(["twenty-one characters"[:20]] * 4)
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 6.0)]]), [sentence(text, 0.0)], [diarization([(0.0, 6.0, "x")])]
    )
    assert all(len(one.content.split("\n")) <= 2 for one in srt.parse(drawn("srt", transcript)))
    assert len(cues_of(transcript)) == 2


def test_long_speech_is_cut_in_a_pause() -> None:
    words = [
        word(f"number{i}", i * 0.4 + (i > 7) * 0.5, i * 0.4 + 0.4 + (i > 7) * 0.5)
        for i in range(13)
    ]
    text = segment(" ".join(one.word for one in words))
    transcript = transcript_of(manifest_of(10.0, [[(0.0, 6.0)]]), [aligned([text], words)])
    assert [cue.start for cue in cues_of(transcript)] == [0, 3700]


def test_short_sentences_of_one_speaker_share_a_cue() -> None:
    words = [word("Yes.", 0.0, 0.2), word("No.", 0.3, 0.5, 1), word("Maybe.", 5.0, 5.5, 2)]
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 6.0)]]),
        [aligned([segment("Yes."), segment("No."), segment("Maybe.")], words)],
    )
    assert [cue.speech for cue in cues_of(transcript)] == ["Yes. No.", "Maybe."]


def test_words_without_spaces_fill_lines_without_spaces() -> None:
    spelled = [word(one, i * 0.05, i * 0.05 + 0.05) for i, one in enumerate("你好，世界。" * 20)]
    written = segment("你好，世界。" * 20, language="zh")
    transcript = transcript_of(manifest_of(10.0, [[(0.0, 6.0)]]), [aligned([written], spelled)])
    assert [" " in cue.speech for cue in cues_of(transcript)] == [False] * 4
    assert "".join(cue.speech for cue in cues_of(transcript)) == "你好，世界。" * 20


def test_spaces_in_a_language_without_them_are_kept_in_every_format() -> None:
    spelled = ["她", "almost", "hurt", "the", "dog.", "Then", "跑", "了"]
    words = [word(one, i * 0.1, i * 0.1 + 0.1, int(i > 4)) for i, one in enumerate(spelled)]
    parts = [
        segment("她almost hurt the dog.", language="zh"),
        segment("Then跑了", language="zh"),
    ]
    transcript = transcript_of(
        manifest_of(10.0, [[(0.0, 1.0)]]),
        [aligned(parts, words)],
        options=resolved_options(language="zh"),
    )
    text = "她almost hurt the dog. Then跑了"
    assert transcript.text == text
    assert [cue.speech for cue in cues_of(transcript)] == [text]
    assert drawn("txt", transcript) == f"[0:00:00] {text}\n"
    in_ctm = ["她", "almost", "hurt", "the", "dog", "then", "跑", "了"]
    assert [line.split()[4] for line in drawn("ctm", transcript).splitlines()] == in_ctm
    openai = json.loads(drawn("openai", transcript))
    assert (openai["text"], [one["word"] for one in openai["words"]]) == (text, spelled)
    assert [one["text"] for one in openai["segments"]] == [one.text for one in parts]
    whisperx = json.loads(drawn("whisperx", transcript))
    assert [one["text"] for one in whisperx["segments"]] == [one.text for one in parts]


@pytest.mark.parametrize(
    ("language", "between"), [("th", " "), ("km", " "), ("ja", ""), ("zh", "")]
)
def test_sentences_without_spaces_are_joined_as_their_language_does(
    language: str, between: str
) -> None:
    words = [word("ก", 0.0, 0.2), word("ข", 0.2, 0.4), word("ค", 0.5, 0.7, 1)]
    parts = [segment("กข", language=language), segment("ค", language=language)]
    transcript = transcript_of(manifest_of(10.0, [[(0.0, 1.0)]]), [aligned(parts, words)])
    assert transcript.text == f"กข{between}ค"
    assert [cue.speech for cue in cues_of(transcript)] == [transcript.text]


def test_txt_is_the_dialogue() -> None:
    first, second = drawn("txt", dialogue()).splitlines()
    assert first == f"[0:00:00] Speaker 1: {SPEECH}"
    assert second == "[0:00:31] Speaker 2: Is 1 < 2 & 3 > 2 --> true?"


def test_txt_without_speakers_starts_a_line_after_a_pause() -> None:
    manifest = manifest_of(20.0, [[(0.0, 1.0)], [(10.0, 12.0)]])
    transcript = transcript_of(manifest, [sentence("Hello.", 0.0), sentence("Still there?", 0.0)])
    assert drawn("txt", transcript) == "[0:00:00] Hello.\n[0:00:10] Still there?\n"


def test_txt_starts_a_line_after_a_minute() -> None:
    words = [word(f"Sentence{i}.", i * 20.0, i * 20.0 + 19.0, i) for i in range(5)]
    transcript = transcript_of(
        manifest_of(100.0, [[(0.0, 100.0)]]), [aligned([segment(one.word) for one in words], words)]
    )
    assert [line.split()[0] for line in drawn("txt", transcript).splitlines()] == [
        "[0:00:00]",
        "[0:01:00]",
    ]


@pytest.mark.parametrize(
    "kind, text", [("srt", ""), ("vtt", "WEBVTT\n"), ("txt", ""), ("rttm", ""), ("ctm", "")]
)
def test_an_empty_transcript_makes_empty_files(kind: str, text: str) -> None:
    assert drawn(kind, empty()) == text
