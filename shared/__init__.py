"""Code that several functions share. What only one function needs is in its own folder."""

__version__ = "0.1.0"
