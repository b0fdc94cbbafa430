"""The broker: topics, the ingest that commits and then acknowledges, and the courier of commands."""
