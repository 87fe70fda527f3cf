"""A device of torch beside the CPU, for tests of code that is written for a GPU.

torch's lazy tensors compute on the CPU. But as with a GPU, an operation on a lazy tensor and a
tensor of the CPU fails, and `.numpy()` needs `.cpu()` first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch
import torch._lazy.ts_backend


@contextmanager
def second_device() -> Iterator[str]:
    """Gives the device's name. No tensor is on it unless it was moved there.

    The block is in inference mode: lazy tensors from outside cannot be used in that mode.
    """
    register_lazy_device()
    with torch.inference_mode():
        yield "lazy"


@cache
def register_lazy_device() -> None:
    """Registers it with torch, which fails the second time in a process."""
    torch._lazy.ts_backend.init()  # type: ignore[no-untyped-call]
