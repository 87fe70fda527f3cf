"""What whisperx needs to know of an acoustic model, whichever it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import torch

from shared.contracts import Engine


@dataclass(frozen=True)
class Acoustic:
    """A network that hears letters, and how a word is written in them."""

    network: torch.nn.Module
    metadata: Mapping[str, Any]
    """As whisperx has it: language, dictionary of letters, type."""
    engine: Engine
    written: Callable[[str], str] = str
    """A word in the network's letters."""
    longest_letter: float = inf
    """Seconds a word's last letter may last. whisperx lets it last until the network hears the next word begin."""
