"""Who may connect to the broker: one credential for each device or gateway, and its topics."""
