"""Which speaker says which word: the diarizer's turns and the sentences, weighed against each
other.

A diarizer places the border of a turn up to half a second off, so the first or last word or two of
a sentence fall into the neighbour's turn. Few change within a sentence; those who do, pause or come
to the end of a clause first. So a change of speaker within a sentence has a price, and the speakers
are chosen at the least price in all.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice, pairwise

from functions.finalize.answer.sentences import Placed
from functions.finalize.formats.text import ends_clause
from functions.finalize.speakers.turns import Floor

CHANGE = 0.6
"""Seconds of words in another's turn that a change of speaker between two words of a sentence
outweighs.

On a conversation kept for tuning, 0.4 to 0.6 made the fewest words the wrong speaker's; 0.2 and 1.0
made more.
"""
AFTER_CLAUSE = 0.5
"""What is left of that price after a comma."""
LONG_PAUSE = 0.5
"""Seconds of silence after which a change costs nothing. In a shorter pause the price falls in
proportion."""


def speakers(sentences: Sequence[Sequence[Placed]], floor: Floor) -> list[list[str | None]]:
    """For each sentence the speaker of each word. Null only when the floor is empty."""
    if not floor.turns:
        return [[None] * len(words) for words in sentences]
    claims = [floor.claims(word.start, word.audible_end) for words in sentences for word in words]
    chosen = cheapest(claims, list(chain.from_iterable(map(prices, sentences))))
    return [list(islice(chosen, len(words))) for words in sentences]


def prices(words: Sequence[Placed]) -> Iterator[float]:
    """Of a change before each of a sentence's words. The first is free."""
    yield from [0.0] * bool(words)
    for before, word in pairwise(words):
        pause = min(max(word.start - before.end, 0.0), LONG_PAUSE)
        yield (
            CHANGE * (1 - pause / LONG_PAUSE) * (AFTER_CLAUSE if ends_clause(before.word) else 1.0)
        )


def cheapest(claims: Sequence[Mapping[str, float]], prices: Sequence[float]) -> Iterator[str]:
    """The speaker of each word, such that the seconds in others' turns and the prices of all
    changes are least."""
    people = sorted({speaker for claim in claims for speaker in claim})
    costs = dict.fromkeys(people, 0.0)
    steps = []
    for claim, price in zip(claims, prices, strict=True):
        best = min(people, key=lambda speaker: costs[speaker])
        step = {
            speaker: speaker if costs[speaker] <= costs[best] + price else best
            for speaker in people
        }
        others = sum(claim.values())
        costs = {
            speaker: min(costs[speaker], costs[best] + price) + others - claim.get(speaker, 0.0)
            for speaker in people
        }
        steps.append(step)
    return reversed(list(backwards(steps, costs)))


def backwards(steps: Sequence[Mapping[str, str]], costs: Mapping[str, float]) -> Iterator[str]:
    """The cheapest way back from the last word. A step leads to the speaker of the word before."""
    speaker = min(costs, key=lambda one: costs[one], default="")
    for step in reversed(steps):
        yield speaker
        speaker = step[speaker]
