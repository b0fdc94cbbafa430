"""Controls: the state each device should be in, and the one it last reported."""
