"""One request, one transaction, committed before the answer, and walled to its caller's tenant."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from api.identity import caller_of_request
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
        enterprise_ids=own | caller.clients.keys(),
        institution_id=caller.institution_id,
        station_id=caller.station_id,
        is_platform=not caller.roles.isdisjoint(PLATFORM_ROLES),
    )


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has asked the database nothing yet, and the request it is for."""

    session: Session
    request: Request
    only_reads: bool

    def enter(self) -> None:
        """Act for the request's caller from here on, who is known when all it needs is."""
        enter(
            self.session,
            acting_for(caller_of_request(self.request)),
            only_reads=self.only_reads,
        )


opened_by_request: ContextVar[Opened | None] = ContextVar("opened_by_request", default=None)


def _open(request: Request, *, only_reads: bool) -> Session:
    session: Session = request.app.state.session_factory()
    opened_by_request.set(Opened(session, request, only_reads))
    return session


async def open_transaction(request: Request) -> Session:
    return _open(request, only_reads=False)


async def open_reading(request: Request) -> Session:
    return _open(request, only_reads=True)


Transaction = Annotated[Session, Depends(open_transaction)]
"""For commands. It begins with the endpoint (`api.routing`): no dependency asks it anything."""
ReadOnly = Annotated[Session, Depends(open_reading)]
"""For questions: the database itself refuses a write."""


@contextmanager
def acting_as(request: Request, caller: Caller | None) -> Iterator[Session]:
    """Give a transaction for part of a request: for one that asks others over the network too."""
    with request.app.state.session_factory.begin() as session:
        enter(session, acting_for(caller))
        yield session
        leave(session)
