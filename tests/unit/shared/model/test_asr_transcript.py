"""A transcript becomes the outputs of whisper-asr-webservice, whatever its text has in it."""

from shared.model.asr_transcript import asr_language, asr_transcription, tab_separated, text_lines
from tests.support.finalize_inputs import (
    aligned,
    detection,
    manifest_of,
    resolved_options,
    segment,
    transcript_of,
)

SPEECH = manifest_of(10, [[(0, 10)]])


def test_a_segment_is_one_line_whatever_its_text_has() -> None:
    odd = aligned([segment("one\ttwo\n three", 0.0014, 1.9996)], [])
    transcript = transcript_of(SPEECH, [odd], language=detection())
    assert text_lines(transcript) == "one two three\n"
    assert tab_separated(transcript) == "start\tend\ttext\n1\t2000\tone two three\n"


def test_silence_has_no_lines_and_no_language() -> None:
    silence = manifest_of(10, [[]])
    transcript = transcript_of(silence, [aligned([], [])], language=detection(None, None))
    assert (text_lines(transcript), tab_separated(transcript)) == ("", "start\tend\ttext\n")
    found = asr_language(transcript)
    assert (found.detected_language, found.language_code, found.confidence) == ("unknown", "und", 0)
    body = asr_transcription(transcript, has_words=True)
    assert (body.text, body.segments, body.language) == ("", (), "und")


def test_a_given_language_is_sure() -> None:
    options = resolved_options(language="yue")
    transcript = transcript_of(SPEECH, [aligned([], [])], options=options)
    found = asr_language(transcript)
    assert found.detected_language == "cantonese"
    assert (found.language_code, found.confidence) == ("yue", 1)


def test_a_translation_is_english() -> None:
    options = resolved_options(task="translate", language="de")
    transcript = transcript_of(SPEECH, [aligned([], [])], options=options)
    assert asr_transcription(transcript, has_words=False).language == "en"
