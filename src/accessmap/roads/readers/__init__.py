"""Readers of roads: each makes nodes and directed arcs with their minutes of one kind of source."""
