"""Roads: networks, the exact engine that routes on them, and the readers that make them of files."""
