"""By how much two results of a stage differ, which were computed in different ways."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
from pyannote.core import Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate

from benchmarks.evaluation.speaker_measures import annotation
from shared.model.artifacts import Aligned, Diarization, Recognition, Turn

Figures = dict[str, Any]


def compare(stage: str, reference: Path, other: Path) -> Figures:
    """Returns by how much the results in `other` differ from those in the folder `reference`.

    Both folders have one file per part, under the same names.
    """
    names = sorted(path.name for path in reference.iterdir())
    references = [(reference / name).read_text() for name in names]
    others = [(other / name).read_text() for name in names]
    return COMPARISONS[stage](references, others)


def compare_words(references: Sequence[str], others: Sequence[str]) -> Figures:
    """Returns the share of words that differ, as a word error rate."""
    expected = list(map(words_of, references))
    found = list(map(words_of, others))
    texts = zip(expected, found, strict=True)
    return {
        "words": sum(len(text.split()) for text in expected),
        "same_parts": sum(one == two for one, two in texts),
        "parts": len(expected),
        "word_difference": round(jiwer.wer(" ".join(expected), " ".join(found)), 4),
    }


def words_of(recognition: str) -> str:
    """Returns the words of a Recognition in JSON, or `-` if there are none."""
    segments = Recognition.model_validate_json(recognition).segments
    words = []
    for segment in segments:
        words += [word.word for word in segment.words]
    return " ".join(words) or "-"


def compare_starts(references: Sequence[str], others: Sequence[str]) -> Figures:
    """Returns by how many seconds the starts of the same words differ."""
    differences = []
    for expected, found in zip(references, others, strict=True):
        pairs = zip(starts_of(expected), starts_of(found), strict=True)
        differences += [abs(one - two) for one, two in pairs]
    seconds = np.array(differences or [0.0])
    return {
        "words": len(differences),
        "same_starts": int((seconds < 0.001).sum()),
        "seconds_99_percent": round(float(np.quantile(seconds, 0.99)), 3),
        "seconds_at_most": round(float(seconds.max()), 3),
    }


def starts_of(aligned: str) -> list[float]:
    """Returns the starts of the words of an Aligned in JSON."""
    words = Aligned.model_validate_json(aligned).words
    return [word.start for word in words]


def compare_speakers(references: Sequence[str], others: Sequence[str]) -> Figures:
    """Returns the diarization error rate and the number of speakers in each part."""
    metric = DiarizationErrorRate()
    speakers: list[list[int]] = []
    for one, two in zip(references, others, strict=True):
        expected = turns_of(one)
        found = turns_of(two)
        whole = Timeline([Segment(0, end_of([*expected, *found]))])
        metric(as_annotation(expected), as_annotation(found), uem=whole)
        speakers.append([number_of_speakers(expected), number_of_speakers(found)])
    return {"speakers": speakers, "der": round(float(abs(metric)), 4)}


def turns_of(diarization: str) -> Sequence[Turn]:
    return Diarization.model_validate_json(diarization).overlapping


def end_of(turns: Sequence[Turn]) -> float:
    """Returns the end of the last turn, in seconds; 1 if there are none."""
    return max((turn.end for turn in turns), default=1.0)


def number_of_speakers(turns: Sequence[Turn]) -> int:
    return len({turn.speaker for turn in turns})


def as_annotation(turns: Sequence[Turn]) -> Any:
    """Returns the turns as pyannote.metrics wants them."""
    return annotation((turn.start, turn.end, turn.speaker) for turn in turns)


COMPARISONS: dict[str, Callable[[Sequence[str], Sequence[str]], Figures]] = {
    "transcribe": compare_words,
    "align": compare_starts,
    "diarize": compare_speakers,
}
