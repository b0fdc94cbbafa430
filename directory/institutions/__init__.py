"""Institutions: they own instruments, do tests and answer for both."""
