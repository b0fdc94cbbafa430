"""Waitlists: who would take time if it became free."""
