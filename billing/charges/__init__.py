"""Charges: priced lines, each with the facts behind it."""
