"""Runs: when telemetry shows an instrument working."""
