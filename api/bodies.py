"""What people hand in: a field that nobody asked for is refused, so that none is slipped in."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """The base of every request's body, and of what lies in one."""

    model_config = ConfigDict(extra="forbid")
