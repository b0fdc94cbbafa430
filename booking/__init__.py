"""Who may use what, and when: instruments, reservations, usage sessions."""
