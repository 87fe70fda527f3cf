"""A memory limit for prepare: a few bytes of a header can make libav ask for gigabytes."""

import resource

MAX_BYTES = 3 * 2**29
"""1.5 GiB, four times what the longest recording needs."""


def limit_memory() -> None:
    """Limit this process to MAX_BYTES; beyond, it gets a MemoryError.

    Mapped files and code do not count.
    """
    soft_and_hard = (MAX_BYTES, MAX_BYTES)
    resource.setrlimit(resource.RLIMIT_DATA, soft_and_hard)
