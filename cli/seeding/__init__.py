"""What the demonstration is seeded with: people, instruments, devices and prices."""
