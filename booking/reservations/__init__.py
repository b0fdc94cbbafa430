"""Reservations: time held on an instrument."""
