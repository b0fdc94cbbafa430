"""Pretend instruments that speak only the wire and share no code with what they test."""
