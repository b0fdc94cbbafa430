"""The request's "now": read once, the same for everything the request does."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends

from foundation.clock import read_clock

Now = Annotated[datetime, Depends(read_clock)]
