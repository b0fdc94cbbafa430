"""What it costs and why: tariffs, and charges that open to their evidence."""
