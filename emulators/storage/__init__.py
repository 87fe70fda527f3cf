"""Cloud Storage on one machine: the JSON and XML APIs over a SQLite index and a folder of content
files."""
