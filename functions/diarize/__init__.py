"""diarize: find who speaks when in a span, and each voice's embedding."""
