"""Notices: what people are told, once each, in both languages; shown, and sent where it can be."""
