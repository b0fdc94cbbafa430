"""Routes on whom one may reserve for, or hand a reservation to."""

from pydantic import BaseModel

from api.database import ReadOnly
from api.identity import SignedIn
from api.reservation_views import HolderView
from api.routing import Router
from directory.enterprises.service import name_enterprises
from directory.people.queries import list_colleagues

router = Router(prefix="/me/colleagues", tags=["account"])


class ColleagueView(HolderView):
    enterprise: str | None
    """Whose they are, where one reserves for several: a station's clients."""


class ColleagueList(BaseModel):
    items: list[ColleagueView]


@router.get("")
def read_colleagues(caller: SignedIn, reading: ReadOnly) -> ColleagueList:
    """List the others of one's enterprise or institution; for a station, its clients' people."""
    names = name_enterprises(reading, caller.clients)
    return ColleagueList(
        items=[
            ColleagueView(
                id=one.id,
                display_name=one.display_name,
                enterprise=names.get(one.enterprise_id) if one.enterprise_id else None,
            )
            for one in list_colleagues(reading, caller)
        ]
    )
