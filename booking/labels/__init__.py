"""Labels: the QR code on an instrument, for whoever stands before it."""
