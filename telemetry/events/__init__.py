"""Events: what is billed; cumulative counters that a device reports."""
