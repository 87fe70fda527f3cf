"""Words to their times: a chunk's segments become sentences of words placed in the sound."""
