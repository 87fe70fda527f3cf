"""Windows of speech from all over the recording -> its language, by vote."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from functions.transcribe.stage import ModelParams, Recogniser, load_recogniser
from shared.model.artifacts import Detection, LanguageGuess, Manifest, ProbeWindow
from shared.runtime.stage import Output, SingleOutput, StageInput

VERSION = "2"
"""Goes up when the same question would get another answer."""
ENOUGH = 3
"""Windows that settle it when all are sure of the same language."""
SURE = 0.9


class DetectParams(ModelParams):
    """How to tell the language."""

    task: Literal["detect"] = "detect"
    """What tells this question from transcribe's, since one function answers both."""


def detect(
    task: StageInput[DetectParams], load: Callable[[str | None], Recogniser] = load_recogniser
) -> Iterator[Output]:
    """Yields `language`. A model that knows one language only names it, without confidence: it
    cannot tell."""
    windows = Manifest.model_validate_json(task.files["manifest"].read_bytes()).probe
    recogniser = load(task.params.model)
    guesses: dict[ProbeWindow, dict[str, float]] = {}
    code, confidence = None, None
    if windows and len(recogniser.languages) == 1:
        code = min(recogniser.languages)
    elif windows:
        guesses = guess(windows, recogniser, task.files["audio"])
        code, confidence = vote(list(guesses.values()))
    yield SingleOutput(
        "language",
        Detection(
            code=code, confidence=confidence, windows=named(guesses), engine=recogniser.engine
        ),
    )


def guess(
    windows: Sequence[ProbeWindow], recogniser: Recogniser, audio: Path
) -> dict[ProbeWindow, dict[str, float]]:
    """Every other window is heard first, the rest only if those do not settle it: each costs a pass
    of the encoder."""
    first, rest = (windows[::2], windows[1::2]) if len(windows[::2]) >= ENOUGH else (windows, ())
    guesses = dict(zip(first, recogniser.guess(audio, first), strict=True))
    if rest and not settled(guesses.values()):
        guesses |= zip(rest, recogniser.guess(audio, rest), strict=True)
    return dict(sorted(guesses.items(), key=lambda heard: heard[0].start))


def settled(guesses: Collection[Mapping[str, float]]) -> bool:
    """All are sure of one and the same language."""
    best = [max(guess.items(), key=lambda item: item[1]) for guess in guesses]
    return (
        len({code for code, _ in best}) == 1 and min(confidence for _, confidence in best) >= SURE
    )


def vote(guesses: Sequence[Mapping[str, float]]) -> tuple[str | None, float | None]:
    """The language with the highest sum of probabilities, and its mean: an unsure window weighs
    little."""
    total: Counter[str] = Counter()
    for guess in guesses:
        total.update(guess)
    code = max(sorted(total), key=lambda language: total[language])
    return code, total[code] / len(guesses)


def named(guesses: Mapping[ProbeWindow, Mapping[str, float]]) -> tuple[LanguageGuess, ...]:
    """Each heard window's own best language."""
    best = {
        window: max(guess.items(), key=lambda item: item[1]) for window, guess in guesses.items()
    }
    return tuple(
        LanguageGuess(start=window.start, end=window.end, code=code, confidence=confidence)
        for window, (code, confidence) in best.items()
    )
