"""The transcript in other programs' JSON: WhisperX's, and the `verbose_json` of OpenAI's API."""

import json
from collections.abc import Mapping

from shared.formats.text import utf8
from shared.model.asr_transcript import whisperx_speaker
from shared.model.openai_transcript import verbose_transcription
from shared.model.transcript import Segment, Transcript, Word
from shared.model.transcript_language import text_language

JsonObject = dict[str, object]


def write_whisperx(transcript: Transcript) -> bytes:
    """Returns what WhisperX's command writes after alignment and diarization.

    As there, a key without a value is left out.
    """
    words = [whisperx_word(word) for word in transcript.words]
    segments = [whisperx_segment(segment, transcript) for segment in transcript.segments]
    document = {
        "segments": segments,
        "word_segments": words,
        "language": text_language(transcript),
    }
    return dump(document)


def whisperx_segment(segment: Segment, transcript: Transcript) -> JsonObject:
    """Returns a segment with its own of the transcript's words."""
    words = [whisperx_word(word) for word in transcript.words_of(segment)]
    return without_none(
        {
            "start": round(segment.start, 3),
            "end": round(segment.end, 3),
            "text": segment.text,
            "avg_logprob": segment.avg_logprob,
            "words": words,
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


def without_none(values: JsonObject) -> JsonObject:
    kept = {}
    for name, value in values.items():
        if value is not None:
            kept[name] = value
    return kept


def write_openai(transcript: Transcript) -> bytes:
    """Returns the `verbose_json` of OpenAI's transcription API, with its words."""
    body = verbose_transcription(transcript)
    document = body.model_dump_json()
    return utf8(document)


def dump(value: Mapping[str, object]) -> bytes:
    document = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return utf8(document)
