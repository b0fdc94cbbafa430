"""Questions about people."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.people.service import Caller
from directory.people.tables import Person
from directory.stations.rules import Scope

LISTED_MAX = 500


def list_colleagues(session: Session, caller: Caller) -> Sequence[Person]:
    """Return who else acts for the same enterprise or institution; nobody for the platform's.

    For a station: the people of those who entrusted it with reserving for them.
    """
    if caller.enterprise_id is not None:
        same = Person.enterprise_id == caller.enterprise_id
    elif caller.institution_id is not None:
        same = Person.institution_id == caller.institution_id
    elif clients := caller.entrusted_with(Scope.RESERVATIONS):
        same = Person.enterprise_id.in_(clients)
    else:
        return []
    return session.scalars(
        select(Person)
        .where(same, Person.is_active, Person.id != caller.person_id)
        .order_by(Person.display_name, Person.id)
        .limit(LISTED_MAX)
    ).all()
