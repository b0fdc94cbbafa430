"""A station acts for a client only under an entrustment that holds: scope, period, revocation."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.database import acting_for
from api.identity import with_clients
from booking.reservations.tables import Reservation
from directory.notices.rules import AccountKind
from directory.notices.tables import Notice
from directory.people.service import caller_of
from directory.people.tables import Person
from directory.roles.rules import Role
from directory.stations.errors import EntrustmentNotFound, EntrustmentRefused, NotEntrusted
from directory.stations.rules import Scope
from directory.stations.service import close_station, entrust, require_entrusted, revoke
from directory.stations.tables import Entrustment, Station
from directory.workdays.rules import ZONE
from foundation.identifiers import EnterpriseId
from foundation.tenancy import enter, leave
from tests import make

FIRST, LAST = date(2030, 3, 1), date(2030, 3, 31)
GIVEN = datetime(2030, 2, 20, 2, tzinfo=UTC)
BEGINS = datetime(2030, 3, 1, tzinfo=ZONE)
ENDS = datetime(2030, 4, 1, tzinfo=ZONE)
"""The instant after the last day: half-open, by the clock of the platform, not by UTC's."""
MOMENT = timedelta(microseconds=1)


@dataclass
class Scene:
    session: Session
    clerk: Person
    elsewhere: Person
    """A clerk of another station."""
    admin: Person
    rival: Person
    """The administrator of another enterprise."""

    def give(self, *scope: Scope, first: date = FIRST, last: date = LAST) -> Entrustment:
        assert self.clerk.station_id is not None
        return entrust(
            self.session,
            caller=caller_of(self.admin),
            station_id=self.clerk.station_id,
            scope=scope,
            valid_from=first,
            valid_to=last,
            now=GIVEN,
        )

    def may(
        self,
        scope: Scope,
        now: datetime,
        *,
        clerk: Person | None = None,
        of: EnterpriseId | None = None,
    ) -> bool:
        client = of or self.admin.enterprise_id
        assert client is not None
        try:
            require_entrusted(
                self.session,
                caller=caller_of(clerk or self.clerk),
                enterprise_id=client,
                scope=scope,
                now=now,
            )
        except NotEntrusted:
            return False
        return True


@pytest.fixture
def scene(session: Session) -> Scene:
    def clerk(name: str) -> Person:
        station = Station(
            name=name, address="", has_window=True, notice_posted=False, created_at=GIVEN
        )
        session.add(station)
        session.flush()
        person = make.person(session, Role.STATION_STAFF)
        person.station_id = station.id
        return person

    def admin() -> Person:
        return make.person(session, Role.ENTERPRISE_ADMIN, enterprise=make.enterprise(session))

    return Scene(session, clerk("南浔站"), clerk("练市站"), admin(), admin())


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        pytest.param(BEGINS - MOMENT, False, id="the last moment before"),
        pytest.param(BEGINS, True, id="the first moment"),
        pytest.param(ENDS - MOMENT, True, id="the last moment"),
        pytest.param(ENDS, False, id="the moment after"),
    ],
)
def test_entrustment_holds_from_its_first_moment_to_before_its_end(
    scene: Scene, now: datetime, *, holds: bool
) -> None:
    scene.give(Scope.SAMPLES)

    assert scene.may(Scope.SAMPLES, now) is holds
    assert scene.may(Scope.SAMPLES, now.astimezone(UTC)) is holds
    clients = with_clients(scene.session, caller_of(scene.clerk), now)
    assert clients is not None
    assert clients.clients.keys() == ({scene.admin.enterprise_id} if holds else set())


def test_one_day_is_a_period(scene: Scene) -> None:
    scene.give(Scope.SAMPLES, first=FIRST, last=FIRST)

    assert [
        scene.may(Scope.SAMPLES, at)
        for at in (BEGINS, BEGINS + timedelta(days=1) - MOMENT, BEGINS + timedelta(days=1))
    ] == [True, True, False]


@pytest.mark.parametrize("asked", list(Scope))
@pytest.mark.parametrize("given", list(Scope))
def test_scope_covers_itself_and_nothing_else(scene: Scene, given: Scope, asked: Scope) -> None:
    scene.give(given)

    assert scene.may(asked, BEGINS) is (asked is given)


def test_scopes_of_two_entrustments_do_not_lend_each_other_their_periods(scene: Scene) -> None:
    scene.give(Scope.SAMPLES)
    scene.give(Scope.REPORTS, first=date(2030, 4, 1), last=date(2030, 4, 30))

    assert (scene.may(Scope.SAMPLES, BEGINS), scene.may(Scope.REPORTS, BEGINS)) == (True, False)
    assert (scene.may(Scope.SAMPLES, ENDS), scene.may(Scope.REPORTS, ENDS)) == (False, True)


def test_closing_is_told_to_a_stations_own_people_and_clients(scene: Scene) -> None:
    station_id = scene.clerk.station_id
    assert station_id is not None
    assert scene.elsewhere.station_id is not None
    scene.give(Scope.RESERVATIONS)
    entrust(
        scene.session,
        caller=caller_of(scene.rival),
        station_id=scene.elsewhere.station_id,
        scope=[Scope.RESERVATIONS],
        valid_from=FIRST,
        valid_to=LAST,
        now=GIVEN,
    )

    close_station(
        scene.session, station_id, caller=caller_of(scene.admin), reason="搬迁", now=GIVEN
    )

    told = select(Notice.person_id).where(Notice.kind == AccountKind.STATION_CLOSED)
    assert set(scene.session.scalars(told)) == {scene.clerk.id, scene.admin.id}


def test_nobody_else_is_entrusted(scene: Scene) -> None:
    scene.give(Scope.SAMPLES)
    member = make.person(scene.session, Role.MEMBER)
    assert scene.rival.enterprise_id is not None

    assert not scene.may(Scope.SAMPLES, BEGINS, clerk=scene.elsewhere)
    assert not scene.may(Scope.SAMPLES, BEGINS, clerk=member)
    assert not scene.may(Scope.SAMPLES, BEGINS, of=EnterpriseId(scene.rival.enterprise_id))


def test_revocation_counts_at_once_for_that_one_and_stays(scene: Scene) -> None:
    first, second = scene.give(Scope.SAMPLES), scene.give(Scope.REPORTS)
    at = BEGINS + timedelta(days=3)

    revoke(scene.session, first.id, caller=caller_of(scene.admin), now=at)

    assert (scene.may(Scope.SAMPLES, at), scene.may(Scope.REPORTS, at)) == (False, True)
    later = at + timedelta(days=1)
    revoke(scene.session, first.id, caller=caller_of(scene.admin), now=later)
    assert first.revoked_at == at, "a second revocation does not move the first"
    for stranger in (scene.rival, scene.clerk):
        with pytest.raises(EntrustmentNotFound):
            revoke(scene.session, second.id, caller=caller_of(stranger), now=at)


@pytest.mark.parametrize(
    ("scope", "first", "last"),
    [
        pytest.param([], FIRST, LAST, id="nothing"),
        pytest.param([Scope.SAMPLES], LAST, FIRST, id="reversed"),
        pytest.param([Scope.SAMPLES], date(2030, 1, 1), date(2030, 2, 19), id="over"),
        pytest.param([Scope.SAMPLES], FIRST, date(2033, 3, 5), id="longer than three years"),
    ],
)
def test_entrustment_without_scope_or_period_is_refused(
    scene: Scene, scope: list[Scope], first: date, last: date
) -> None:
    with pytest.raises(EntrustmentRefused):
        scene.give(*scope, first=first, last=last)


def test_database_shows_a_clients_rows_only_while_entrusted(scene: Scene) -> None:
    session = scene.session
    instrument = make.instrument(session, institution=make.institution(session))
    holder = make.person(session, Role.MEMBER)
    holder.enterprise_id = scene.admin.enterprise_id
    make.reservation(session, instrument=instrument, holder=holder, starts_at=BEGINS)
    given = scene.give(Scope.RESERVATIONS)

    def seen(now: datetime) -> int:
        enter(session, acting_for(with_clients(session, caller_of(scene.clerk), now)))
        found = len(session.scalars(select(Reservation.id)).all())
        leave(session)
        return found

    def look() -> list[int]:
        return [seen(at) for at in (BEGINS - MOMENT, BEGINS, ENDS - MOMENT, ENDS)]

    assert look() == [0, 1, 1, 0]
    revoke(session, given.id, caller=caller_of(scene.admin), now=BEGINS)
    assert look() == [0, 0, 0, 0]
