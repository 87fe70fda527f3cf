"""Emulates Cloud Storage: its JSON and XML APIs over a SQLite index and a folder of contents."""
