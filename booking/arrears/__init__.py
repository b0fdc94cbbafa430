"""Arrears: bills overdue, which keep an enterprise from new reservations."""
