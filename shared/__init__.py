"""What every function needs, and nothing that only one needs."""

__version__ = "0.1.0"
