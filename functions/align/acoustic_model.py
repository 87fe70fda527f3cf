"""What whisperx needs to know about an acoustic model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from shared.model.contracts import Engine

WILDCARD = "\uf8ff"
"""Stands for a word that has nothing to pronounce. It is in no model's dictionary, so whisperx
aligns it with whatever sounds between its neighbours."""


@dataclass(frozen=True)
class AcousticModel:
    """A loaded CTC network, and how a word is written in its characters."""

    network: torch.nn.Module
    metadata: Mapping[str, Any]
    """whisperx's description of the network: language, dictionary of characters, type."""
    engine: Engine
    encode_word: Callable[[str], str]
    """Returns a word in the network's characters, or WILDCARD."""
