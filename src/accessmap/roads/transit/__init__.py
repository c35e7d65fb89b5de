"""Trains, buses and demand transport: timetables, the engine that searches them, and journeys door to door."""
