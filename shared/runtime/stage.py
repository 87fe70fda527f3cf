"""What a stage is: a pure function from local files to outputs, with its name and version."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from pydantic import BaseModel

from shared.model.contracts import Engine, Params

P = TypeVar("P", bound=Params)

Content = BaseModel | Path
"""Content of an output: a model, which is stored as JSON, or a file, which is deleted once it is
stored."""


@dataclass(frozen=True)
class SingleOutput:
    """The only output of its name."""

    name: str
    content: Content


@dataclass(frozen=True)
class ListedOutput:
    """The next output in the list of its name."""

    name: str
    content: Content


Output = SingleOutput | ListedOutput


@dataclass(frozen=True)
class StageInput(Generic[P]):
    """Everything that a stage can read."""

    params: P
    files: Mapping[str, Path]
    """The request's inputs by name, with their digests verified."""
    folder: Path
    """For the files that the stage makes; deleted when it ends."""
    original: Callable[[], BinaryIO] = field(repr=False)
    """Opens the recording as a seekable file, which is read over the network in ranges."""


@dataclass(frozen=True)
class Stage(Generic[P]):
    """A stage of the workflow."""

    name: str
    version: str
    """Part of the cache key: raise it when the same inputs give another result."""
    params: type[P]
    run: Callable[[StageInput[P]], Iterator[Output]]
    """Yields the outputs one by one, so that each is stored before the next is made."""
    engine: Callable[[P], Engine]
    """Returns what will compute the result. Part of the cache key."""
