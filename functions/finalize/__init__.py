"""finalize: words and turns become the answer."""
