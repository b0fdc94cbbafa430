"""Devices: things on the wire, what they measure, and how they are now."""
