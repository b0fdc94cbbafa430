"""Quarantine: what arrived and could not be understood, kept with its reason."""
