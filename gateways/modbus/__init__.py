"""Modbus, in three parts: a pure codec and planner, one wrapped client, and the loop that polls."""
