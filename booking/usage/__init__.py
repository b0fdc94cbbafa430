"""Usage sessions: who really used an instrument, from when to when."""
