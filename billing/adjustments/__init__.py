"""Adjustments: lines that waive or correct a charge, which itself is never edited."""
