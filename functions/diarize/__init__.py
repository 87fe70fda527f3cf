"""diarize: who speaks when in a span, and what each voice is like."""
