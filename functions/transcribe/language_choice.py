"""Which languages detection chooses from, and their probabilities if it may only choose these."""

from collections.abc import Collection, Mapping

from shared.model.errors import BadOption
from shared.model.option_values import shown


def languages_to_choose(
    chosen: Collection[str], supported: Collection[str], model: str | None
) -> frozenset[str]:
    """Returns the languages that the option `languages` and the model leave: all of the model's if
    the option names none.

    Raises BadOption if the model supports none of those that the option names.
    """
    known = frozenset(supported)
    if not chosen:
        return known
    common = known.intersection(chosen)
    if not common:
        only = ", ".join(sorted(known))
        raise BadOption(
            f"languages is {shown(list(chosen))}; expected one that the model {model!r} supports, "
            f"which are only {only}"
        )
    return common


def probabilities_within(
    guess: Mapping[str, float], languages: Collection[str]
) -> dict[str, float]:
    """Returns the probabilities of the languages if no other is possible."""
    inside = {code: probability for code, probability in guess.items() if code in languages}
    if len(inside) == len(guess):
        return inside
    total = sum(inside.values())
    if total == 0:
        alphabetical = sorted(languages)
        return dict.fromkeys(alphabetical, 1 / len(alphabetical))
    return {code: probability / total for code, probability in inside.items()}
