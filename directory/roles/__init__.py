"""Roles: what each may do, and where."""
