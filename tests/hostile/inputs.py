"""Every hostile input by its seed and number: first the handmade ones, then endless mutants."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from tests.hostile.canary import Canary
from tests.hostile.handmade import handmade_recordings
from tests.hostile.mutations import mutant
from tests.hostile.recordings import encoded_speech
from tests.hostile.references import references
from tests.hostile.uploads import METADATA, NAMES, OPTIONS


@dataclass(frozen=True)
class HostileInput:
    format: str
    """The mutated format, or `crafted`, `reference`, `name`, `metadata` or `options`."""
    description: str
    data: bytes = field(repr=False)
    name: str = "talk"
    metadata: Mapping[str, str] = field(default_factory=dict)
    options: bytes | None = None
    """Content of an options.json beside it."""


def hostile_input(seed: int, number: int, canary: Canary) -> HostileInput:
    """Returns the same bytes for the same seed, number and canary."""
    handmade = handmade_inputs(canary)
    if number < len(handmade):
        return handmade[number]
    made = mutant(seed, number)
    return HostileInput(made.format, made.description, made.data)


@cache
def handmade_inputs(canary: Canary) -> list[HostileInput]:
    inputs = []
    for description, data in handmade_recordings().items():
        inputs.append(HostileInput("crafted", description, data))
    for description, data in references(canary).items():
        inputs.append(HostileInput("reference", description, data))
    return [*inputs, *hostile_uploads()]


def hostile_uploads() -> Iterator[HostileInput]:
    """Yields a harmless recording with hostile names, metadata and options."""
    data = encoded_speech("flac")
    for name in NAMES:
        yield HostileInput("name", repr(name[:40]), data, name=name)
    for metadata in METADATA:
        yield HostileInput("metadata", str(metadata)[:60], data, metadata=metadata)
    for description, options in OPTIONS.items():
        yield HostileInput("options", description, data, options=options)
