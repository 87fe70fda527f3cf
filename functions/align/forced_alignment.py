"""CTC forced alignment: the frames at which a row of units begins, in a network's output."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor
from torchaudio.functional import TokenSpan, forced_align, merge_tokens


def unit_spans(
    log_probabilities: Tensor, columns: Sequence[int], blank: int
) -> list[TokenSpan] | None:
    """Returns the most probable first and last frame of each unit, and its mean probability.

    `log_probabilities` have the shape (frames, units); `columns` are the units to find, in a row.
    Every frame belongs to a unit or to the blank, so that the units are spread over all of them.
    Returns None if there are no units, or too few frames for them.
    """
    repeats = [first for first, second in pairwise(columns) if first == second]
    # Between two units that are the same there must be a blank.
    frames_needed = len(columns) + len(repeats)
    if not columns or frames_needed > len(log_probabilities):
        return None

    targets = torch.tensor([list(columns)], dtype=torch.int32)
    paths, scores = forced_align(log_probabilities[None], targets, blank=blank)
    probabilities = scores[0].exp()
    spans: list[TokenSpan] = merge_tokens(paths[0], probabilities, blank=blank)
    return spans
