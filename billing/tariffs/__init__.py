"""Tariffs: prices with the dates they hold; superseded, never edited."""
