"""Rollups: readings by the minute, the hour and the day, late ones included."""
