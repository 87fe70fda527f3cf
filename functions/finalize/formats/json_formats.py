"""The transcript in other programs' JSON: WhisperX's, and the `verbose_json` of OpenAI's API."""

import json
from collections.abc import Mapping

from functions.finalize.formats.text import is_translation, text_language
from shared.model.languages import ENGLISH_NAMES
from shared.model.spacing import word_separator
from shared.model.transcript import Segment, Transcript, Word

FRAMES_PER_SECOND = 100
"""Whisper's frames, the unit of `seek`."""

JsonObject = dict[str, object]


def write_whisperx(transcript: Transcript) -> str:
    """Returns what WhisperX's command writes after alignment and diarization.

    As there, a key without a value is left out.
    """
    words = [whisperx_word(word) for word in transcript.words]
    segments = [whisperx_segment(segment, words) for segment in transcript.segments]
    document = {
        "segments": segments,
        "word_segments": words,
        "language": text_language(transcript),
    }
    return dump(document)


def whisperx_segment(segment: Segment, words: list[JsonObject]) -> JsonObject:
    """Returns a segment with its own of the transcript's words."""
    first, last = segment.words or (0, -1)
    return without_none(
        {
            "start": round(segment.start, 3),
            "end": round(segment.end, 3),
            "text": segment.text,
            "avg_logprob": segment.avg_logprob,
            "words": words[first : last + 1],
            "speaker": whisperx_speaker(segment.speaker),
        }
    )


def whisperx_word(word: Word) -> JsonObject:
    return without_none(
        {
            "word": word.word,
            "start": round(word.start, 3),
            "end": round(word.end, 3),
            "score": word.score,
            "speaker": whisperx_speaker(word.speaker),
        }
    )


def whisperx_speaker(speaker: str | None) -> str | None:
    """Returns WhisperX's name of a speaker: SPEAKER_00 for S1."""
    if speaker is None:
        return None
    number = int(speaker.removeprefix("S"))
    return f"SPEAKER_{number - 1:02}"


def without_none(values: JsonObject) -> JsonObject:
    kept = {}
    for name, value in values.items():
        if value is not None:
            kept[name] = value
    return kept


def write_openai(transcript: Transcript) -> str:
    """Returns the `verbose_json` of OpenAI's transcription API, which has no speakers.

    Unknown numbers are 0, since the API's readers accept no null.
    """
    code = text_language(transcript)
    language = ENGLISH_NAMES.get(code, code) if code else "unknown"
    task = "translate" if is_translation(transcript) else "transcribe"
    words = [openai_word(word) for word in transcript.words]
    segments = [openai_segment(segment) for segment in transcript.segments]
    document = {
        "task": task,
        "language": language,
        "duration": round(transcript.media.duration, 3),
        "text": transcript.text.replace("\n", " "),
        "words": words,
        "segments": segments,
    }
    return dump(document)


def openai_word(word: Word) -> JsonObject:
    return {
        "word": word.word,
        "start": round(word.start, 3),
        "end": round(word.end, 3),
    }


def openai_segment(segment: Segment) -> JsonObject:
    return {
        "id": segment.id,
        "seek": round(segment.start * FRAMES_PER_SECOND),
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": word_separator(segment.language) + segment.text,
        "tokens": [],
        "temperature": segment.temperature or 0.0,
        "avg_logprob": segment.avg_logprob or 0.0,
        "compression_ratio": segment.compression_ratio or 0.0,
        "no_speech_prob": segment.no_speech_prob or 0.0,
    }


def dump(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
