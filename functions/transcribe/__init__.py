"""Speech to text: a chunk of the recording becomes segments of timed words; the probe becomes a
language."""
