"""One module per model of pretend instrument: its physics, its metrics, its registers."""
