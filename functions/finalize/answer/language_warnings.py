"""Warnings about a detected language that is uncertain, or not the only one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from statistics import fmean

from shared.model.artifacts import Detection, StageWarning
from shared.model.transcript import Language

LOW_CONFIDENCE = 0.7
"""Lead of the detected language over the second one, from 0 to 1, below which a reader is warned:
either the other is likely, or both are spoken."""
CLEAR_PROBABILITY = 0.7
"""Probability from which on a part of the recording is taken to be in another language. Parts in
noise have less, mostly."""
ADVICE = "With language=multi the language of each part is detected."


def find_language_warnings(
    language: Language, detection: Detection | None
) -> Iterator[StageWarning]:
    """Yields a warning if several languages were detected, or one if the only one is uncertain."""
    if language.method != "detected" or detection is None:
        return
    clear = clear_languages(language)
    if len(clear) > 1:
        detected = list_probabilities(clear)
        message = (
            f"Several languages were detected ({detected}), but all of the text is in "
            f"{language.code}. {ADVICE}"
        )
        yield StageWarning(code="several_languages", stage="finalize", message=message)
    elif language.confidence is not None and language.confidence < LOW_CONFIDENCE:
        found = ""
        if detection.probabilities:
            probabilities = list_probabilities(detection.probabilities)
            found = f" ({probabilities})"
        message = f"The language may be another than {language.code}{found}. {ADVICE}"
        yield StageWarning(code="language_uncertain", stage="finalize", message=message)


def clear_languages(language: Language) -> dict[str, float]:
    """Returns the mean probability of each language that is clear in a window, the recording's
    own first."""
    clear: defaultdict[str, list[float]] = defaultdict(list)
    for window in language.windows:
        if window.confidence >= CLEAR_PROBABILITY:
            probabilities = clear[window.code]
            probabilities.append(window.confidence)
    alphabetical = sorted(clear)
    own_first = sorted(alphabetical, key=lambda code: code != language.code)
    return {code: fmean(clear[code]) for code in own_first}


def list_probabilities(probabilities: Mapping[str, float]) -> str:
    """Returns the languages with their probabilities, as "en 0.98, de 0.91"."""
    entries = []
    for code, probability in probabilities.items():
        rounded = f"{probability:.2f}"
        entry = f"{code} {rounded}"
        entries.append(entry)
    return ", ".join(entries)
