"""What prepare may hold: a few bytes of a header can ask for gigabytes, and the whole machine would
notice."""

import resource

MOST = 3 * 2**29
"""Bytes (1.5 GiB), four times what the longest recording takes."""


def limit_memory() -> None:
    """Let this process have no more; what asks for more gets a MemoryError. Mapped files and code
    do not count."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST, MOST))
