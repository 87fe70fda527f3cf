"""The recording's main language, from what was asked for, detected and written."""

from collections import Counter
from collections.abc import Iterable, Mapping
from statistics import fmean

from functions.finalize.answer.words import rounded
from shared.model.artifacts import Detection
from shared.model.contracts import ResolvedOption
from shared.model.transcript import Language, Word


def language(
    detection: Detection | None, options: Mapping[str, ResolvedOption], words: Iterable[Word]
) -> Language:
    asked = options["language"].value if "language" in options else None
    if asked == "multi":
        return by_segment(
            detection, words, translated="task" in options and options["task"].value == "translate"
        )
    if detection:
        confidence = rounded(detection.confidence)
        return Language(
            code=detection.code, confidence=confidence, method="detected", windows=detection.windows
        )
    return Language(
        code=asked if isinstance(asked, str) else None, confidence=None, method="given", windows=()
    )


def by_segment(detection: Detection | None, words: Iterable[Word], translated: bool) -> Language:
    """The code is that of most words, unless those are a translation. The confidence is the mean of
    the windows'."""
    windows = detection.windows if detection else ()
    written = Counter(word.language for word in words if word.language and not translated)
    code = written.most_common(1)[0][0] if written else detection.code if detection else None
    confidence = rounded(fmean(window.confidence for window in windows)) if windows else None
    return Language(code=code, confidence=confidence, method="multi", windows=windows)
