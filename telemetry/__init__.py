"""What instruments report: devices, readings, events, runs, and the state each should be in."""
