"""`python -m sims`."""

from sims.command import app

app(prog_name="python -m sims")
