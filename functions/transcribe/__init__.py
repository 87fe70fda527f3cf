"""Speech to text: finds a recording's language, and the words of each of its chunks."""
