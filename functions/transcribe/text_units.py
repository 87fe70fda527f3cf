"""Text as units to count and compare: words, or characters in languages without spaces."""

from collections.abc import Iterable, Sequence

from shared.model.languages import WITHOUT_SPACES
from shared.model.spacing import is_punctuation, is_unspaced, shortest_words

CHARACTERS_PER_WORD = 2
"""Mean length of a word in languages that are written without spaces."""


def text_units(text: str, language: str | None) -> list[str]:
    """Returns the words of the text, without case and punctuation.

    Where `language` is written without spaces they are characters, or words in other scripts.
    """
    folded = text.casefold()
    tokens = shortest_words(folded) if language in WITHOUT_SPACES else folded.split()
    units: list[str] = []
    for token in tokens:
        unit = without_punctuation(token)
        if unit:
            units.append(unit)
    return units


def without_punctuation(token: str) -> str:
    characters = [character for character in token if not is_punctuation(character)]
    return "".join(characters)


def word_count(units: Iterable[str], language: str | None) -> float:
    """Returns how many words the units of a text are."""
    per_word = units_per_word(language)
    count = 0.0
    for unit in units:
        count += 1 / per_word if is_unspaced(unit[0]) else 1
    return count


def units_per_word(language: str | None) -> int:
    """Returns how many units a word has on average, if it is in the language's own script."""
    if language in WITHOUT_SPACES:
        return CHARACTERS_PER_WORD
    return 1


def ngrams(units: Sequence[str], size: int) -> set[tuple[str, ...]]:
    """Returns every run of `size` consecutive units."""
    found = set()
    count = len(units) - size + 1
    for start in range(count):
        end = start + size
        run = units[start:end]
        ngram = tuple(run)
        found.add(ngram)
    return found


def contains_run(units: Sequence[str], run: Sequence[str]) -> bool:
    """Returns whether the units contain the run, one unit directly after the other."""
    size = len(run)
    ngram = tuple(run)
    return ngram in ngrams(units, size)
