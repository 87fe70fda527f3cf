"""Windows of speech from all over the recording -> its language, by vote."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Literal

from functions.transcribe.stage import ModelParams, Recogniser, load_recogniser
from shared.model.artifacts import Detection, Interval, LanguageGuess, Manifest, ProbeWindow
from shared.runtime.stage import Output, SingleOutput, StageInput

VERSION = "3"
"""Goes up when the same question would get another answer."""
ENOUGH = 3
"""Windows that settle it when all are sure of the same language."""
SURE = 0.9
ENOUGH_SPEECH = 3.0
"""Seconds of speech, as prepare pads it, that a window needs for a full vote. Guesses at less are
often wrong."""
SPARSE = 0.5
"""Share of speech in a window, below which its speech is also heard by itself: Whisper finds a
language in noise, too, mostly English, Norwegian or Japanese."""
LEAST_WEIGHT = 0.01
"""Of a window in which prepare found no speech, so that there is always a vote."""

Speech = tuple[Interval, ...]
"""Stretches of the probe's audio, in order of time."""


class DetectParams(ModelParams):
    """How to tell the language."""

    task: Literal["detect"] = "detect"
    """What tells this question from transcribe's, since one function answers both."""


def detect(
    task: StageInput[DetectParams], load: Callable[[str | None], Recogniser] = load_recogniser
) -> Iterator[Output]:
    """Yields `language`. A model that knows one language only names it, without confidence: it
    cannot tell."""
    manifest = Manifest.model_validate_json(task.files["manifest"].read_bytes())
    recogniser = load(task.params.model)
    guesses: dict[ProbeWindow, dict[str, float]] = {}
    code, confidence = None, None
    if manifest.probe and len(recogniser.languages) == 1:
        code = min(recogniser.languages)
    elif manifest.probe:
        speech = {window: spoken_in(window, manifest) for window in manifest.probe}
        guesses = guess(speech, recogniser, task.files["audio"])
        code, confidence = vote(
            [(guessed, weight(speech[window])) for window, guessed in guesses.items()]
        )
    yield SingleOutput(
        "language",
        Detection(
            code=code, confidence=confidence, windows=named(guesses), engine=recogniser.engine
        ),
    )


def spoken_in(window: ProbeWindow, manifest: Manifest) -> Speech:
    """Returns the speech of all channels in the window, in seconds of the probe's audio, without
    overlaps."""
    regions = sorted(
        (region for chunk in manifest.chunks for region in chunk.speech), key=lambda one: one.start
    )
    moved = window.offset - window.start
    found: list[Interval] = []
    reached = window.start
    for region in regions:
        start, end = max(region.start, reached), min(region.end, window.end)
        if start < end:
            found.append(Interval(start=start + moved, end=end + moved))
            reached = end
    return tuple(found)


def seconds(speech: Speech) -> float:
    """Returns the length of all stretches together."""
    return sum(region.end - region.start for region in speech)


def weight(speech: Speech) -> float:
    """Returns what the window's guess counts, above 0 and at most 1."""
    return max(LEAST_WEIGHT, min(1.0, seconds(speech) / ENOUGH_SPEECH))


def guess(
    speech: Mapping[ProbeWindow, Speech], recogniser: Recogniser, audio: Path
) -> dict[ProbeWindow, dict[str, float]]:
    """Every other window is heard first, the rest only if those do not settle it: each costs a pass
    of the encoder."""
    windows = list(speech)
    first, rest = (windows[::2], windows[1::2]) if len(windows[::2]) >= ENOUGH else (windows, [])
    guesses = heard(first, speech, recogniser, audio)
    if rest and not settled(guesses.values()):
        guesses |= heard(rest, speech, recogniser, audio)
    return dict(sorted(guesses.items(), key=lambda heard: heard[0].start))


def heard(
    windows: Sequence[ProbeWindow],
    speech: Mapping[ProbeWindow, Speech],
    recogniser: Recogniser,
    audio: Path,
) -> dict[ProbeWindow, dict[str, float]]:
    """Returns the probabilities of each window: the mean of its views, so that both must name a
    language."""
    views = {window: list(views_of(window, speech[window])) for window in windows}
    guesses = iter(recogniser.guess(audio, list(chain.from_iterable(views.values()))))
    return {window: mean([next(guesses) for _ in views[window]]) for window in windows}


def views_of(window: ProbeWindow, speech: Speech) -> Iterator[Speech]:
    """Yields the window as it is, and, where little of it is speech, the speech alone."""
    length = window.end - window.start
    yield (Interval(start=window.offset, end=window.offset + length),)
    if 0 < seconds(speech) < SPARSE * length:
        yield speech


def mean(guesses: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Returns the mean probability of every language."""
    codes = sorted({code for guess in guesses for code in guess})
    return {code: sum(guess.get(code, 0.0) for guess in guesses) / len(guesses) for code in codes}


def settled(guesses: Collection[Mapping[str, float]]) -> bool:
    """All are sure of one and the same language."""
    best = [max(guess.items(), key=lambda item: item[1]) for guess in guesses]
    return (
        len({code for code, _ in best}) == 1 and min(confidence for _, confidence in best) >= SURE
    )


def vote(guesses: Sequence[tuple[Mapping[str, float], float]]) -> tuple[str, float]:
    """Returns the language with the highest weighted mean of probabilities, and the confidence in
    it, from 0 to 1.

    The confidence is the lead over the second language, less if all windows together hold little
    speech. Where two languages are near each other it is near 0, whichever of them the last digits
    put first.
    """
    total: defaultdict[str, float] = defaultdict(float)
    for guess, counts in guesses:
        for code, probability in guess.items():
            total[code] += probability * counts
    weights = sum(counts for _, counts in guesses)
    first, *others = sorted(total, key=lambda code: (-total[code], code))
    second = total[others[0]] if others else 0.0
    lead = (total[first] - second) / weights
    return first, lead * min(1.0, weights)


def named(guesses: Mapping[ProbeWindow, Mapping[str, float]]) -> tuple[LanguageGuess, ...]:
    """Each heard window's own best language."""
    best = {
        window: max(guess.items(), key=lambda item: item[1]) for window, guess in guesses.items()
    }
    return tuple(
        LanguageGuess(start=window.start, end=window.end, code=code, confidence=confidence)
        for window, (code, confidence) in best.items()
    )
