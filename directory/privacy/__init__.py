"""Personal data: who may see how much of it, consent, export, erasure."""
