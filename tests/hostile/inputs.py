"""Every hostile input by its seed and number: first those made by hand, then mutants without
end."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from tests.hostile.crafted import crafted
from tests.hostile.mutations import mutant
from tests.hostile.outside import Outside
from tests.hostile.recordings import recorded
from tests.hostile.references import references
from tests.hostile.surroundings import METADATA, NAMES, OPTIONS


@dataclass(frozen=True)
class Hostile:
    """`format` is the format that was mutated, or `crafted`, `reference`, `name`, `metadata`,
    `options`."""

    format: str
    what: str
    data: bytes = field(repr=False)
    name: str = "talk"
    metadata: Mapping[str, str] = field(default_factory=dict)
    options: bytes | None = None
    """An options.json beside it."""


def hostile(seed: int, number: int, outside: Outside) -> Hostile:
    """The same seed and number give the same bytes, but for where the outside is."""
    made = by_hand(outside)
    return made[number] if number < len(made) else Hostile(*mutant(seed, number))


@cache
def by_hand(outside: Outside) -> list[Hostile]:
    return [
        *(Hostile("crafted", what, data) for what, data in crafted().items()),
        *(Hostile("reference", what, data) for what, data in references(outside).items()),
        *surrounded(),
    ]


def surrounded() -> Iterator[Hostile]:
    """A harmless recording in hostile company."""
    sound = recorded("flac")
    for name in NAMES:
        yield Hostile("name", repr(name[:40]), sound, name=name)
    for metadata in METADATA:
        yield Hostile("metadata", str(metadata)[:60], sound, metadata=metadata)
    for what, options in OPTIONS.items():
        yield Hostile("options", what, sound, options=options)
