"""align: give each recognised word its time, and split a chunk's segments into sentences."""
