"""The request's "now": read once, the same for everything the request does."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends

from foundation.clock import read_clock


async def read_now() -> datetime:
    """Read it on the event loop: a thread's turn takes longer than looking at the clock."""
    return read_clock()


Now = Annotated[datetime, Depends(read_now)]
