"""Windows of speech from all over the recording -> its language, by vote."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from functions.transcribe.stage import Recogniser
from shared.contracts import Params
from shared.speech import Detection, Guess, Manifest, Window
from shared.stage import One, Output, Task

VERSION = "1"
"""Goes up when the same question would get another answer."""


class DetectParams(Params):
    """How to tell the language."""

    task: Literal["detect"] = "detect"
    """What tells this question from transcribe's, since one function answers both."""
    model: str | None = None
    """None: the deployment's."""


def detect(task: Task[DetectParams], load: Callable[[str | None], Recogniser]) -> Iterator[Output]:
    """Yields `language`. A model that knows one language only names it, without confidence: it cannot tell."""
    windows = Manifest.model_validate_json(task.files["manifest"].read_bytes()).probe
    recogniser = load(task.params.model)
    guesses: list[dict[str, float]] = []
    code, confidence = None, None
    if windows and len(recogniser.languages) == 1:
        code = min(recogniser.languages)
    elif windows:
        guesses = recogniser.guess(task.files["audio"], windows)
        code, confidence = vote(guesses)
    yield One(
        "language",
        Detection(code=code, confidence=confidence, windows=named(windows, guesses), engine=recogniser.engine),
    )


def vote(guesses: Sequence[Mapping[str, float]]) -> tuple[str | None, float | None]:
    """The language with the highest sum of probabilities, and its mean: an unsure window weighs little."""
    total: Counter[str] = Counter()
    for guess in guesses:
        total.update(guess)
    code = max(sorted(total), key=lambda language: total[language])
    return code, total[code] / len(guesses)


def named(windows: Sequence[Window], guesses: Sequence[Mapping[str, float]]) -> tuple[Guess, ...]:
    """Each window's own best language."""
    best = [max(guess.items(), key=lambda item: item[1]) for guess in guesses]
    return tuple(
        Guess(start=window.start, end=window.end, code=code, confidence=confidence)
        for window, (code, confidence) in zip(windows, best, strict=False)
    )
