"""How right the speakers are: who speaks when, and how many there are."""

from collections.abc import Iterable

from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate, JaccardErrorRate

from benchmarks.evaluation.result import Ratio, Result
from benchmarks.evaluation.truth import Recording

COLLARS = {"": 0.0, "_collar": 0.5}
"""Seconds around the truth's borders that are not judged: none; a quarter of a second on either
side. pyannote.metrics takes the whole width, where NIST's scorer and the papers that say "collar
0.25" take one side's."""
PARTS = {
    "der_missed": "missed detection",
    "der_false_alarm": "false alarm",
    "der_confusion": "confusion",
}
"""Measure -> pyannote.metrics' name of it."""


def diarization_errors(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Returns DER in seconds of speech and JER in speakers, without and with a collar.

    Overlap counts. The parts of DER, without a collar, add up to it.
    """
    if not truth.utterances or not truth.speakers_known:
        return {}
    turns = [(said.start, said.end, said.speaker) for said in truth.utterances]
    reference, heard = annotation(turns), annotation(result.turns)
    whole = Timeline([Segment(0, truth.seconds)])

    found: dict[str, Ratio] = {}
    for name, collar in COLLARS.items():
        diarization = DiarizationErrorRate(collar=collar)
        jaccard = JaccardErrorRate(collar=collar)  # type: ignore[no-untyped-call]
        der = diarization(reference, heard, uem=whole, detailed=True)
        jer = jaccard(reference, heard, uem=whole, detailed=True)

        speech = der["total"]
        parts = {part: Ratio(der[metric], speech) for part, metric in PARTS.items()}
        wrong = sum(ratio.part for ratio in parts.values())
        found[f"der{name}"] = Ratio(wrong, speech)
        found[f"jer{name}"] = Ratio(jer["speaker error"], jer["speaker count"])
        if not collar:
            found |= parts
    return found


def annotation(turns: Iterable[tuple[float, float, str]]) -> Annotation:
    """Returns each speaker's turns, joined where they touch.

    pyannote.metrics would count twice what two of them share.
    """
    made = Annotation()
    for number, (start, end, speaker) in enumerate(turns):
        made[Segment(start, end), number] = speaker
    return made.support()


def speakers_counted(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Returns whether the number of speakers is right, by how many it is off, and the number.

    Returns nothing where it is unknown or the system was told it.
    """
    if truth.people is None or "speakers" in truth.options:
        return {}
    speakers = {turn.speaker for turn in result.turns}
    found = len(speakers)
    off = abs(found - truth.people)
    return {
        "speakers_counted": Ratio(not off, 1),
        "speakers_off": Ratio(off, 1),
        "speakers_found": Ratio(found, 1),
    }
