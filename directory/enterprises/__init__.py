"""Enterprises: the clients, who ask, use and pay."""
