"""Statistics: how much instruments are used, by whom, and how much is shared."""
