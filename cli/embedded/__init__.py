"""The servers of the demo and of the tests, as child processes: a database and a broker."""
