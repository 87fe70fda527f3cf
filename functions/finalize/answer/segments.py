"""The segments of the answer."""

from collections.abc import Sequence
from itertools import accumulate

from functions.finalize.answer.words import rounded
from functions.finalize.speakers.speaker_segments import Run
from shared.model.transcript import Segment, SegmentFlag


def as_segments(runs: Sequence[Run]) -> list[Segment]:
    """Numbered from 0. Each run's words follow those of the run before."""
    firsts = accumulate((len(run.words) for run in runs), initial=0)
    return [
        as_segment(number, first, run)
        for number, (first, run) in enumerate(zip(firsts, runs, strict=False))
    ]


def as_segment(number: int, first: int, run: Run) -> Segment:
    """`first` is the id of its first word, if it has any."""
    decoded = run.sentence.decoded
    return Segment(
        id=number,
        start=run.start,
        end=run.end,
        text=run.text,
        speaker=run.speaker,
        language=run.sentence.language,
        channel=run.sentence.channel,
        words=(first, first + len(run.words) - 1) if run.words else None,
        avg_logprob=rounded(decoded.avg_logprob),
        compression_ratio=rounded(decoded.compression_ratio),
        no_speech_prob=rounded(decoded.no_speech_prob),
        temperature=rounded(decoded.temperature),
        flags=flags(run),
    )


def flags(run: Run) -> tuple[SegmentFlag, ...]:
    if not run.words:
        return ("no_words",)
    return ("not_aligned",) if any(word.timing == "asr" for word in run.words) else ()
