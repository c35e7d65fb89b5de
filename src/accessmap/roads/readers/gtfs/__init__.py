"""Timetables as GTFS has them: one topic a file, from a zip or a folder to the tables that `Timetable` holds."""
