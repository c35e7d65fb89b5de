"""Measures of access: functions of tables of minutes, people and supply; one module a question."""
