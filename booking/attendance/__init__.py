"""Attendance: who came late, stayed over, left early or not at all, and what follows from it."""
