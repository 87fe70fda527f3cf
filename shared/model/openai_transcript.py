"""A transcript as the bodies of OpenAI's transcription API."""

from string import ascii_uppercase
from typing import Literal

from shared.model.languages import ENGLISH_NAMES
from shared.model.openai_api import (
    DiarizedSegment,
    DiarizedTranscription,
    PlainTranscription,
    Usage,
    VerboseSegment,
    VerboseTranscription,
    VerboseWord,
)
from shared.model.spacing import word_separator
from shared.model.transcript import Segment, Transcript, Word
from shared.model.transcript_language import is_translation, text_language

FRAMES_PER_SECOND = 100
"""Whisper's frames, the unit of `seek`."""
UNKNOWN_LANGUAGE = "unknown"


def single_line(transcript: Transcript) -> str:
    """Returns the whole text without line breaks."""
    return transcript.text.replace("\n", " ")


def usage_of(transcript: Transcript) -> Usage:
    return Usage(seconds=transcript.media.duration)


def task_of(transcript: Transcript) -> Literal["transcribe", "translate"]:
    return "translate" if is_translation(transcript) else "transcribe"


def plain_transcription(transcript: Transcript) -> PlainTranscription:
    text = single_line(transcript)
    usage = usage_of(transcript)
    return PlainTranscription(text=text, usage=usage)


def verbose_transcription(
    transcript: Transcript, *, has_segments: bool = True, has_words: bool = True
) -> VerboseTranscription:
    """Returns the body of `verbose_json`, which has no speakers."""
    segments = tuple(map(verbose_segment, transcript.segments))
    words = tuple(map(verbose_word, transcript.words))
    return VerboseTranscription(
        task=task_of(transcript),
        language=language_name(transcript),
        duration=transcript.media.duration,
        text=single_line(transcript),
        segments=segments if has_segments else None,
        words=words if has_words else None,
        usage=usage_of(transcript),
    )


def language_name(transcript: Transcript) -> str:
    """Returns the language's name in English, in small letters."""
    code = text_language(transcript)
    if code is None:
        return UNKNOWN_LANGUAGE
    return ENGLISH_NAMES.get(code, code)


def verbose_word(word: Word) -> VerboseWord:
    return VerboseWord(
        word=word.word,
        start=word.start,
        end=word.end,
    )


def verbose_segment(segment: Segment) -> VerboseSegment:
    """Returns a segment. Unknown numbers are 0, since the API's readers accept no null."""
    return VerboseSegment(
        id=segment.id,
        seek=round(segment.start * FRAMES_PER_SECOND),
        start=segment.start,
        end=segment.end,
        text=word_separator(segment.language) + segment.text,
        temperature=segment.temperature or 0.0,
        avg_logprob=segment.avg_logprob or 0.0,
        compression_ratio=segment.compression_ratio or 0.0,
        no_speech_prob=segment.no_speech_prob or 0.0,
    )


def diarized_transcription(transcript: Transcript) -> DiarizedTranscription:
    segments = map(diarized_segment, transcript.segments)
    return DiarizedTranscription(
        task=task_of(transcript),
        duration=transcript.media.duration,
        text=single_line(transcript),
        segments=tuple(segments),
        usage=usage_of(transcript),
    )


def diarized_segment(segment: Segment) -> DiarizedSegment:
    return DiarizedSegment(
        id=f"seg_{segment.id}",
        start=segment.start,
        end=segment.end,
        text=segment.text,
        speaker=speaker_letters(segment.speaker),
    )


def speaker_letters(speaker: str | None) -> str:
    """Returns OpenAI's name of a speaker: A for S1, Z for S26, AA for S27; empty for none."""
    if speaker is None:
        return ""
    rest = int(speaker.removeprefix("S"))
    letters = ""
    while rest > 0:
        rest, index = divmod(rest - 1, len(ascii_uppercase))
        letters = ascii_uppercase[index] + letters
    return letters
