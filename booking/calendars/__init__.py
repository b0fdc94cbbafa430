"""Calendars: when an instrument's time is free, and when it is not open at all."""
