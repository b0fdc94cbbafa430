"""Notices: what people are told about their reservations, once each, in both languages."""
