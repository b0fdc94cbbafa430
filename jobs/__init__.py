"""The clock: reconcilers that take no input and may run twice."""
