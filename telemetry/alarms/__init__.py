"""Alarms: what the platform noticed about a device, until it is over and somebody has seen it."""
