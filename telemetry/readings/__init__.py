"""Readings: one value of one channel at one time."""
