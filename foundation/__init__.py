"""What all else stands on: time, money, identifiers, errors, database, settings, logs."""
