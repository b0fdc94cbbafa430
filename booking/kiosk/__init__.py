"""The kiosk beside an instrument: checking in by name and PIN."""
