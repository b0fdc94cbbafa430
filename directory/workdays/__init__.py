"""Working days: the official calendar as data, and every deadline counted by it."""
