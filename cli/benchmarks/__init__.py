"""One benchmark a file; each has `run`, a command that ends with `cli.measuring.report`."""
