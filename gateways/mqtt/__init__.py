"""The broker: topics, the ingest that commits before it acknowledges, the courier of commands."""
