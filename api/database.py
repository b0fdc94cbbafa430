"""One request, one transaction, committed before the answer, and walled to its caller's tenant."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from api.identity import MaybeCaller
from directory.people.service import Caller
from directory.roles.rules import PLATFORM_ROLES
from foundation.tenancy import Acting, enter, leave


def acting_for(caller: Caller | None) -> Acting:
    """Say to the database whose rows this caller's transaction may see."""
    if caller is None:
        return Acting()
    own = {caller.enterprise_id} if caller.enterprise_id else set()
    return Acting(
        person_id=caller.person_id,
        enterprise_ids=own | caller.clients,
        institution_id=caller.institution_id,
        station_id=caller.station_id,
        is_platform=not caller.roles.isdisjoint(PLATFORM_ROLES),
    )


def open_transaction(request: Request, caller: MaybeCaller) -> Iterator[Session]:
    with request.app.state.session_factory.begin() as session:
        enter(session, acting_for(caller))
        yield session
        leave(session)


def open_reading(request: Request, caller: MaybeCaller) -> Iterator[Session]:
    with request.app.state.session_factory.begin() as session:
        enter(session, acting_for(caller), only_reads=True)
        yield session
        leave(session)


# scope="function" makes the commit happen before the response is sent. With the
# default scope the client is told 201 first, and a failed commit is never heard.
Transaction = Annotated[Session, Depends(open_transaction, scope="function")]
"""For commands."""
ReadOnly = Annotated[Session, Depends(open_reading, scope="function")]
"""For questions: the database itself refuses a write."""
