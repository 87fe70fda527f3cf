"""finalize: writes the answer, made of words and speaker turns."""
