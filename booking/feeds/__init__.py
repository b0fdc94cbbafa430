"""Feeds: reservations for calendars outside, behind secret addresses."""
