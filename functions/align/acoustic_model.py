"""What whisperx needs to know of an acoustic model, whichever it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from shared.model.contracts import Engine

UNKNOWN = "\uf8ff"
"""A word of which nothing can be written. In no dictionary: whisperx places it as anything that is
said there."""


@dataclass(frozen=True)
class Acoustic:
    """A network that hears letters, and how a word is written in them."""

    network: torch.nn.Module
    metadata: Mapping[str, Any]
    """As whisperx has it: language, dictionary of letters, type."""
    engine: Engine
    written: Callable[[str], str]
    """A word in the network's letters, or UNKNOWN."""
