"""Which language is spoken where, when a recording may hold several."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import log

from shared.model.artifacts import Interval

LONGEST = 10.0
"""Seconds of a stretch that is listened to for its language."""
PAUSE = 1.0
"""Seconds of silence over which no stretch reaches: another speaker may begin."""
CHANGE = 0.2
"""The weight of another language than the stretch before has: a stretch alone has its own if that
is 25 times as probable as its neighbours'. The base model is sure of clips of 2 s and more by 15 to
3000 times; where it is wrong, as in every third of a second or less, it mostly is by 2 to 10
times."""
MAIN = 2.0
"""The weight of the recording's main language, where others have 1."""
LEAST = 1e-4
"""No language is less probable: a guess at a short stretch is too sure of itself."""


def stretches(speech: Sequence[Interval]) -> list[list[Interval]]:
    """Neighbouring regions that are listened to together."""
    found: list[list[Interval]] = []
    for region in speech:
        last = found[-1] if found else []
        if last and region.end - last[0].start <= LONGEST and region.start - last[-1].end <= PAUSE:
            last.append(region)
        else:
            found.append([region])
    return found


def likeliest(guesses: Sequence[Mapping[str, float]], main: str) -> list[str]:
    """Each stretch's language, by Viterbi's algorithm: one that is unsure among sure ones takes
    theirs."""
    codes = sorted({code for guess in guesses for code in guess} | {main})
    scores = {code: 0.0 for code in codes}
    before: list[dict[str, str]] = []
    for guess in guesses:
        best = max(codes, key=lambda code: scores[code])
        before.append(
            {code: best if scores[best] + log(CHANGE) > scores[code] else code for code in codes}
        )
        scores = {
            code: max(scores[code], scores[best] + log(CHANGE))
            + log(max(guess.get(code, 0.0), LEAST) * (MAIN if code == main else 1.0))
            for code in codes
        }
    path = [max(codes, key=lambda code: scores[code])]
    for came_from in reversed(before[1:]):
        path.append(came_from[path[-1]])
    return path[::-1]


def runs(
    stretches: Sequence[Sequence[Interval]], languages: Sequence[str]
) -> Iterator[tuple[str, list[Interval]]]:
    """Neighbouring stretches of one language, put together."""
    for language, run in groupby(zip(languages, stretches, strict=True), key=lambda pair: pair[0]):
        yield language, [region for _, stretch in run for region in stretch]
