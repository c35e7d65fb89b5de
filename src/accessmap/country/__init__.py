"""A whole country: what does not fit in one study, streamed to files."""
