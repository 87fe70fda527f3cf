"""What a stage is: its inputs, its outputs and its name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar

from pydantic import BaseModel

from shared.model.contracts import Engine, Params

P = TypeVar("P", bound=Params)


Content = BaseModel | Path
"""What a stage makes: a model is kept as JSON, a file as its bytes. The shell deletes the file once
it is kept."""


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
    """All that a stage gets to see."""

    params: P
    files: Mapping[str, Path]
    """The request's inputs, fetched and verified."""
    folder: Path
    """For the files it makes; gone when it ends."""
    original: Callable[[], BinaryIO] = field(repr=False)
    """Opens the recording itself, seekable, read over the network piece by piece."""


@dataclass(frozen=True)
class Stage(Generic[P]):
    """A named, versioned, pure function from local files to outputs, kept one by one as it yields
    them."""

    name: str
    version: str
    params: type[P]
    run: Callable[[StageInput[P]], Iterator[Output]]
    engine: Callable[[P], Engine]
    """What will compute it: part of the question, since another model gives another answer."""
