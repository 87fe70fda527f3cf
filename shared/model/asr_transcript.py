"""A transcript as the outputs of whisper-asr-webservice's API."""

from shared.model.asr_api import (
    NO_LANGUAGE,
    AsrLanguage,
    AsrSegment,
    AsrTranscription,
    AsrWord,
)
from shared.model.languages import ENGLISH_NAMES
from shared.model.openai_transcript import UNKNOWN_LANGUAGE, single_line, verbose_segment
from shared.model.spacing import one_line
from shared.model.transcript import Segment, Transcript, Word
from shared.model.transcript_language import text_language


def asr_transcription(transcript: Transcript, *, has_words: bool) -> AsrTranscription:
    """Returns the body of `output=json`, with the words of each segment if they are wanted."""
    segments = [asr_segment(segment, transcript, has_words) for segment in transcript.segments]
    return AsrTranscription(
        text=single_line(transcript),
        segments=tuple(segments),
        language=text_language(transcript) or NO_LANGUAGE,
    )


def asr_segment(segment: Segment, transcript: Transcript, has_words: bool) -> AsrSegment:
    words = [asr_word(word) for word in transcript.words_of(segment)]
    common = verbose_segment(segment)
    return AsrSegment(
        **dict(common),
        speaker=whisperx_speaker(segment.speaker),
        words=tuple(words) if has_words else None,
    )


def asr_word(word: Word) -> AsrWord:
    return AsrWord(
        word=word.word,
        start=word.start,
        end=word.end,
        probability=word.confidence,
        score=word.score,
        speaker=whisperx_speaker(word.speaker),
    )


def whisperx_speaker(speaker: str | None) -> str | None:
    """Returns WhisperX's name of a speaker: SPEAKER_00 for S1."""
    if speaker is None:
        return None
    number = int(speaker.removeprefix("S"))
    return f"SPEAKER_{number - 1:02}"


def text_lines(transcript: Transcript) -> str:
    """Returns the body of `output=txt`: one line per segment."""
    lines = [f"{one_line(segment.text)}\n" for segment in transcript.segments]
    return "".join(lines)


def tab_separated(transcript: Transcript) -> str:
    """Returns the body of `output=tsv`: a head, and one line per segment, in milliseconds."""
    lines = ["start\tend\ttext\n"]
    for segment in transcript.segments:
        start = round(1000 * segment.start)
        end = round(1000 * segment.end)
        lines.append(f"{start}\t{end}\t{one_line(segment.text)}\n")
    return "".join(lines)


def asr_language(transcript: Transcript) -> AsrLanguage:
    """Returns the language of the recording. Its confidence is 0 without speech."""
    code = transcript.language.code
    if code is None:
        return AsrLanguage(
            detected_language=UNKNOWN_LANGUAGE, language_code=NO_LANGUAGE, confidence=0
        )
    confidence = transcript.language.confidence
    return AsrLanguage(
        detected_language=ENGLISH_NAMES.get(code, code),
        language_code=code,
        confidence=1 if confidence is None else confidence,
    )
