"""Instruments: the catalogue of physical, bookable machines."""
