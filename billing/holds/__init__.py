"""Holds: money set aside before a use, captured or released after it."""
