"""`yixiang sims`: pretend instruments."""

from sims.command import app

__all__ = ["app"]
