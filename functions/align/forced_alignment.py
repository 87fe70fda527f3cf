"""CTC forced alignment: where a row of units is in a network's output, and how well it fits."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from torchaudio.functional import TokenSpan, forced_align, merge_tokens


@dataclass(frozen=True)
class Path:
    """The most probable way through all frames that passes the units in their order."""

    spans: Sequence[TokenSpan]
    """First and last frame and mean probability of each unit."""
    misfit: float
    """By how much the path is less probable than any other: the difference of the log
    probabilities, divided by the number of units. 0 is the best."""


def best_path(log_probabilities: Tensor, columns: Sequence[int], blank: int) -> Path | None:
    """Returns the path through the units with these columns.

    `log_probabilities` have the shape (frames, units). Returns None if there are no units, or too
    few frames for them.
    """
    repeats = [first for first, second in pairwise(columns) if first == second]
    # Between two units that are the same there must be a blank.
    frames_needed = len(columns) + len(repeats)
    if not columns or frames_needed > len(log_probabilities):
        return None

    batch = [list(columns)]
    targets = torch.tensor(batch, dtype=torch.int32)
    with warnings.catch_warnings():
        # torchaudio 2.8 announces that the function will be removed; 2.9 to 2.11 still have it.
        warnings.filterwarnings("ignore", message="torchaudio.functional._alignment.forced_align")
        paths, scores = forced_align(log_probabilities[None], targets, blank=blank)
    (path,) = paths
    (score,) = scores

    probabilities = score.exp()
    spans = merge_tokens(path, probabilities, blank=blank)

    most_probable = log_probabilities.amax(dim=1)
    highest = most_probable.sum()
    loss = highest - score.sum()
    misfit = float(loss) / len(columns)
    return Path(spans, misfit)
