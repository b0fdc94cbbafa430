"""Devices and the broker: the only sockets outside the api."""
