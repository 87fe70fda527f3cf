"""Exit statuses that more than one part of the command line uses."""

INTERRUPTED = 130
"""After Ctrl-C, as shells use it."""
