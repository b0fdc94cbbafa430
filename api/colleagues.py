"""Routes on whom one may reserve for, or hand a reservation to."""

from pydantic import BaseModel

from api.database import ReadOnly
from api.identity import SignedIn
from api.reservation_views import HolderView
from api.routing import Router
from directory.people.queries import list_colleagues

router = Router(prefix="/me/colleagues", tags=["account"])


class ColleagueList(BaseModel):
    items: list[HolderView]


@router.get("")
def read_colleagues(caller: SignedIn, reading: ReadOnly) -> ColleagueList:
    """List the others of one's enterprise or institution, by name."""
    found = list_colleagues(reading, caller)
    return ColleagueList(
        items=[HolderView(id=one.id, display_name=one.display_name) for one in found]
    )
