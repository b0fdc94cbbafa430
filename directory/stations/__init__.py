"""Service stations, and for whom each may act: only under an entrustment that holds."""
