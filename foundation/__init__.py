"""What everything else stands on: time, money, identifiers, errors, the database, settings, logs."""
