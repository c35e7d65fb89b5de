"""Words shown to the public, French first: chosen when they are shown, never stored in a table."""
