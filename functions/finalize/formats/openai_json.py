"""The answer as OpenAI's transcription API gives it: its `verbose_json`."""

import json

from functions.finalize.answer.text_language import is_translation, written_in
from functions.finalize.formats.text import space
from shared.model.languages import ENGLISH_NAMES
from shared.model.transcript import Segment, Transcript

FRAMES = 100
"""Whisper's, in a second: the unit of `seek`."""


def openai(transcript: Transcript) -> str:
    """It knows no speakers. A number that is not known is 0, since the API's readers take no
    null."""
    code = written_in(transcript)
    return json.dumps(
        {
            "task": "translate" if is_translation(transcript) else "transcribe",
            "language": ENGLISH_NAMES.get(code, code) if code else "unknown",
            "duration": round(transcript.media.duration, 3),
            "text": transcript.text.replace("\n", " "),
            "words": [
                {"word": word.word, "start": round(word.start, 3), "end": round(word.end, 3)}
                for word in transcript.words
            ],
            "segments": [described(segment) for segment in transcript.segments],
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def described(segment: Segment) -> dict[str, object]:
    return {
        "id": segment.id,
        "seek": round(segment.start * FRAMES),
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": space(segment.language) + segment.text,
        "tokens": [],
        "temperature": segment.temperature or 0.0,
        "avg_logprob": segment.avg_logprob or 0.0,
        "compression_ratio": segment.compression_ratio or 0.0,
        "no_speech_prob": segment.no_speech_prob or 0.0,
    }
