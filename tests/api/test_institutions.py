"""An institution's way in, its suspension by itself, its people, and who may act for whom."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from directory.audit.tables import AuditEntry
from directory.institutions.errors import InstitutionNotOpen
from directory.institutions.service import list_lapsed, require_open, suspend_if_lapsed
from directory.institutions.tables import Institution
from directory.people.service import caller_of
from directory.people.tables import Person
from directory.people.tokens import find_token_caller, make_token
from directory.roles.rules import Role
from directory.stations.errors import NotEntrusted
from directory.stations.rules import Scope
from directory.stations.service import clients_of, require_entrusted
from directory.stations.tables import Station
from foundation.clock import read_clock
from foundation.identifiers import StationId
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast

TODAY = read_clock().date()
CERTIFICATE = {
    "kind": "cma",
    "number": "231000123456",
    "valid_from": str(TODAY - timedelta(days=30)),
    "valid_to": str(TODAY + timedelta(days=30)),
    "scope": [{"object": "钢材", "parameter": "抗拉强度", "method": "GB/T 228.1"}],
}


@pytest.fixture
def applying(session_factory: sessionmaker[Session], cast: Cast) -> Cast:
    """The cast, with Mei's institution still to enter."""
    with session_factory.begin() as session:
        session.get_one(Institution, cast.institution.id).state = "applying"
    return cast


def missing(answer: Any) -> list[str]:
    return sorted(problem["field"] for problem in answer.json()["problems"])


def enter(operator: TestClient, cast: Cast) -> Any:
    return operator.post(
        f"/api/v1/institutions/{cast.institution.id}/state",
        json={"state": "active", "reason": "入驻核查通过"},
    )


def pass_check(operator: TestClient, cast: Cast, check: str, *, passed: bool = True) -> None:
    answer = operator.post(
        f"/api/v1/institutions/{cast.institution.id}/checks",
        json={"check": check, "passed": passed, "note": "已核"},
    )
    assert answer.status_code == 201, answer.text


def test_institution_enters_after_three_checks_agreement_and_qualification(
    applying: Cast, signed_in_as: SignedInAs
) -> None:
    mei, oscar = signed_in_as(applying.mei), signed_in_as(applying.oscar)

    refused = enter(oscar, applying)
    assert refused.json()["code"] == "entry_obstructed"
    assert missing(refused) == [
        "agreement",
        "checks.capability",
        "checks.qualification",
        "checks.reputation",
        "qualifications",
    ]

    assert mei.post("/api/v1/institution/agreement", json={"version": "2026-1"}).status_code == 200
    assert mei.post("/api/v1/institution/qualifications", json=CERTIFICATE).status_code == 201
    for check in ("qualification", "reputation", "capability"):
        pass_check(oscar, applying, check)
    pass_check(oscar, applying, "reputation", passed=False)
    assert missing(enter(oscar, applying)) == ["checks.reputation"]
    pass_check(oscar, applying, "reputation")

    assert enter(oscar, applying).json()["state"] == "active"
    own = mei.get("/api/v1/institution").json()
    assert (own["state"], own["obstacles"]) == ("active", [])


def test_institution_is_suspended_when_its_only_qualification_lapses(
    cast: Cast, signed_in_as: SignedInAs, session: Session
) -> None:
    signed_in_as(cast.mei).post("/api/v1/institution/qualifications", json=CERTIFICATE)
    last_day = datetime(*(TODAY + timedelta(days=30)).timetuple()[:3], 12, tzinfo=UTC)
    day_after = last_day + timedelta(days=1)

    require_open(session, cast.institution.id, now=last_day)
    assert list_lapsed(session, now=last_day) == []
    with pytest.raises(InstitutionNotOpen):
        require_open(session, cast.institution.id, now=day_after)
    assert list_lapsed(session, now=day_after) == [cast.institution.id]
    assert suspend_if_lapsed(session, cast.institution.id, now=day_after)
    assert not suspend_if_lapsed(session, cast.institution.id, now=day_after)
    institution = session.get_one(Institution, cast.institution.id, populate_existing=True)
    assert (institution.state, institution.state_reason) == ("suspended", "qualification_lapsed")


def test_institution_without_entered_qualifications_is_left_alone(
    cast: Cast, session: Session
) -> None:
    require_open(session, cast.institution.id, now=read_clock())
    assert list_lapsed(session, now=read_clock()) == []


def test_revoked_certificate_suspends_at_once(cast: Cast, signed_in_as: SignedInAs) -> None:
    made = signed_in_as(cast.mei).post("/api/v1/institution/qualifications", json=CERTIFICATE)

    answer = signed_in_as(cast.oscar).post(
        f"/api/v1/institutions/{cast.institution.id}/qualifications/{made.json()['id']}/revoke"
    )

    assert answer.json()["state"] == "suspended"


@pytest.mark.parametrize(
    "changed",
    [
        {"number": "2310001234"},
        {"number": "991000123456"},
        {"kind": "cnas"},
        {"valid_to": "2019-01-01"},
    ],
)
def test_certificate_that_cannot_be_one_is_refused(
    cast: Cast, signed_in_as: SignedInAs, changed: dict[str, str]
) -> None:
    answer = signed_in_as(cast.mei).post(
        "/api/v1/institution/qualifications", json=CERTIFICATE | changed
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "qualification_refused")


def test_states_move_along_the_listed_ways_only(cast: Cast, signed_in_as: SignedInAs) -> None:
    oscar = signed_in_as(cast.oscar)
    move = f"/api/v1/institutions/{cast.institution.id}/state"

    assert oscar.post(move, json={"state": "exited", "reason": "淘汰"}).json()["state"] == "exited"
    back = oscar.post(move, json={"state": "active", "reason": "返回"})

    assert (back.status_code, back.json()["code"]) == (409, "institution_wrong_state")


STAFF = {
    "login": "wang.jianding",
    "display_name": "王检定",
    "password": "ground glass tulip",
    "roles": ["technician", "sample_keeper"],
    "title": "检定员",
    "trained_on": "2026-10-01",
    "starts_on": "2026-11-01",
}


def test_staff_is_trained_before_the_post(cast: Cast, signed_in_as: SignedInAs) -> None:
    mei = signed_in_as(cast.mei)

    late = mei.post("/api/v1/institution/staff", json=STAFF | {"trained_on": "2026-11-02"})
    made = mei.post("/api/v1/institution/staff", json=STAFF)

    assert (late.status_code, missing(late)) == (422, ["trained_on"])
    assert made.status_code == 201, made.text
    logins = [it["login"] for it in mei.get("/api/v1/institution/staff").json()["items"]]
    assert "wang.jianding" in logins
    assert cast.dan.login not in logins


@pytest.mark.parametrize("role", ["operator", "member", "auditor", "reviewer"])
def test_no_institution_makes_a_role_that_is_not_its_own(
    cast: Cast, signed_in_as: SignedInAs, role: str
) -> None:
    answer = signed_in_as(cast.mei).post(
        "/api/v1/institution/staff", json=STAFF | {"roles": ["technician", role]}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "staff_refused")


def test_who_is_seen_off_is_out_at_once(cast: Cast, signed_in_as: SignedInAs) -> None:
    mei, bob = signed_in_as(cast.mei), signed_in_as(cast.bob)
    assert bob.get("/api/v1/me").status_code == 200

    assert mei.post(f"/api/v1/institution/staff/{cast.bob.id}/see-off").status_code == 200

    assert bob.get("/api/v1/me").status_code == 401


def test_another_institutions_people_are_nobody_here(cast: Cast, signed_in_as: SignedInAs) -> None:
    mei = signed_in_as(cast.mei)

    answers = [
        mei.post(f"/api/v1/institution/staff/{cast.dan.id}/see-off"),
        mei.put(f"/api/v1/institution/staff/{cast.dan.id}/roles", json={"roles": []}),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]


@pytest.fixture
def station(
    cast: Cast, signed_in_as: SignedInAs, session_factory: sessionmaker[Session]
) -> tuple[str, Person, TestClient]:
    """A station, somebody who works there, and the administrator of Alice's enterprise."""
    made = signed_in_as(cast.oscar).post(
        "/api/v1/stations",
        json={"name": "南浔站", "address": "南浔", "has_window": True, "notice_posted": False},
    )
    with session_factory.begin() as session:
        person = make.person(session, Role.STATION_STAFF)
        person.station_id = made.json()["id"]
        admin = make.person(session, Role.ENTERPRISE_ADMIN, enterprise=cast.enterprise)
    return made.json()["id"], person, signed_in_as(admin)


def test_station_acts_under_an_entrustment_that_holds_and_no_further(
    cast: Cast,
    station: tuple[str, Person, TestClient],
    session: Session,
) -> None:
    station_id, person, admin = station
    caller = caller_of(session.get_one(Person, person.id))

    def may(scope: Scope, *, on: date = TODAY) -> bool:
        now = datetime(*on.timetuple()[:3], 4, tzinfo=UTC)
        try:
            require_entrusted(
                session, caller=caller, enterprise_id=cast.enterprise.id, scope=scope, now=now
            )
        except NotEntrusted:
            return False
        return True

    assert not may(Scope.SAMPLES)
    given = admin.post(
        "/api/v1/entrustments",
        json={
            "station_id": station_id,
            "scope": ["samples", "demands"],
            "valid_from": str(TODAY),
            "valid_to": str(TODAY + timedelta(days=10)),
        },
    )
    assert given.status_code == 201, given.text
    assert may(Scope.SAMPLES)
    assert not may(Scope.REPORTS)
    assert may(Scope.SAMPLES, on=TODAY + timedelta(days=10))
    assert not may(Scope.SAMPLES, on=TODAY + timedelta(days=11))
    admin.post(f"/api/v1/entrustments/{given.json()['id']}/revoke")
    assert not may(Scope.SAMPLES)


def test_closed_station_acts_for_nobody_until_it_reopens(
    cast: Cast,
    station: tuple[str, Person, TestClient],
    signed_in_as: SignedInAs,
    session: Session,
) -> None:
    station_id, person, admin = station
    oscar, clerk = signed_in_as(cast.oscar), signed_in_as(person)
    entrust = {
        "station_id": station_id,
        "scope": ["reservations"],
        "valid_from": str(TODAY),
        "valid_to": str(TODAY + timedelta(days=400)),
    }
    assert admin.post("/api/v1/entrustments", json=entrust).status_code == 201
    path = f"/api/v1/stations/{station_id}"
    officer = {
        "login": "zhan.yuan",
        "display_name": "站员",
        "password": "ground glass tulip",
        "roles": ["station_staff"],
        "station_id": station_id,
    }

    closed = oscar.post(f"{path}/close", json={"reason": "园区搬迁"})
    again = oscar.post(f"{path}/close", json={"reason": "园区搬迁"})

    assert (closed.json()["is_open"], again.status_code) == (False, 200)
    assert clerk.get("/api/v1/me").json()["roles"] == []
    assert clerk.get("/api/v1/entrustments").json()["code"] == "not_allowed"
    assert clients_of(session, StationId(UUID(station_id)), now=read_clock()) == {}
    refused = [
        admin.post("/api/v1/entrustments", json=entrust),
        oscar.post("/api/v1/officers", json=officer),
    ]
    assert [(it.status_code, it.json()["code"]) for it in refused] == [(409, "station_closed")] * 2
    (told,) = [
        it for it in admin.get("/api/v1/notices").json()["items"] if it["kind"] == "station_closed"
    ]
    assert "园区搬迁" in told["text_zh"]
    assert not admin.get("/api/v1/entrustments").json()["items"][0]["is_station_open"]

    assert oscar.post(f"{path}/reopen").json()["is_open"]
    assert clerk.get("/api/v1/me").json()["roles"] == ["station_staff"]
    assert clients_of(session, StationId(UUID(station_id)), now=read_clock()).keys() == {
        cast.enterprise.id
    }
    acts = session.scalars(
        select(AuditEntry.action).where(AuditEntry.subject_id == station_id).order_by(AuditEntry.id)
    ).all()
    assert acts == ["station.open", "station.close", "station.reopen"]
    assert oscar.post(f"/api/v1/stations/{uuid4()}/reopen").status_code == 404


def test_program_of_a_closed_stations_clerk_has_no_role(
    station: tuple[str, Person, TestClient], session: Session
) -> None:
    _, person, _ = station
    row, text = make_token(
        session,
        person_id=person.id,
        name="x",
        scopes=["stations:read"],
        lasts=timedelta(days=1),
        now=read_clock(),
    )

    def roles() -> frozenset[Role]:
        caller = find_token_caller(session, text=text, now=read_clock())
        assert caller is not None
        return caller.roles

    assert roles() == {Role.STATION_STAFF}
    session.execute(update(Station).values(is_open=False))
    assert roles() == frozenset()
    assert row.name == "x"


def test_station_without_window_or_notice_is_refused(cast: Cast, signed_in_as: SignedInAs) -> None:
    answer = signed_in_as(cast.oscar).post(
        "/api/v1/stations",
        json={"name": "无窗站", "address": "x", "has_window": False, "notice_posted": False},
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "station_refused")


def test_expert_is_shown_from_entry_to_leaving(cast: Cast, signed_in_as: SignedInAs) -> None:
    oscar = signed_in_as(cast.oscar)
    made = oscar.post(
        "/api/v1/experts",
        json={
            "name": "赵工",
            "title": "高级工程师",
            "field": "力学计量",
            "entered_on": "2026-01-01",
        },
    ).json()

    assert [it["name"] for it in oscar.get("/api/v1/experts?field=力学").json()["items"]] == [
        "赵工"
    ]
    early = oscar.post(f"/api/v1/experts/{made['id']}/leave", json={"left_on": "2025-12-31"})
    assert early.json()["code"] == "leaving_too_early"
    oscar.post(f"/api/v1/experts/{made['id']}/leave", json={"left_on": str(TODAY)})
    assert oscar.get("/api/v1/experts").json()["items"] == []
