"""Policies: what an institution allows on an instrument, a group of them, or all of its own."""
