"""The answer as WhisperX's command writes it after alignment and diarization."""

import json

from functions.finalize.answer.text_language import written_in
from shared.model.transcript import Segment, Transcript, Word


def whisperx(transcript: Transcript) -> str:
    """As there, a key of which nothing is known is left out."""
    words = [spoken(word) for word in transcript.words]
    found = {
        "segments": [described(segment, words) for segment in transcript.segments],
        "word_segments": words,
        "language": written_in(transcript),
    }
    return json.dumps(found, ensure_ascii=False, allow_nan=False)


def described(segment: Segment, words: list[dict[str, object]]) -> dict[str, object]:
    first, last = segment.words or (0, -1)
    return known(
        start=round(segment.start, 3),
        end=round(segment.end, 3),
        text=segment.text,
        avg_logprob=segment.avg_logprob,
        words=words[first : last + 1],
        speaker=named(segment.speaker),
    )


def spoken(word: Word) -> dict[str, object]:
    return known(
        word=word.word,
        start=round(word.start, 3),
        end=round(word.end, 3),
        score=word.score,
        speaker=named(word.speaker),
    )


def named(speaker: str | None) -> str | None:
    """S1 is called SPEAKER_00 there."""
    return None if speaker is None else f"SPEAKER_{int(speaker.removeprefix('S')) - 1:02}"


def known(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}
