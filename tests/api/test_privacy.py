"""A person's rights: a copy, to be forgotten, and what must be kept all the same."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker

from directory.enterprises.service import make_enterprise
from directory.enterprises.tables import Enterprise, EnterpriseName
from directory.people.tables import Person
from directory.privacy.erasing import ERASED_NAME, forget_failed, list_failed
from directory.privacy.errors import DataErased
from directory.privacy.service import place_hold
from directory.privacy.tables import SubjectKey
from directory.privacy.vault import Vault
from directory.registrations.tables import Registration
from directory.roles.rules import Role
from foundation.encryption import CannotOpen, KeyRing, Place
from foundation.identifiers import new_id
from tests import make
from tests.api.conftest import SignedInAs
from tests.api.registering import CANARY, PASSWORD, PHONE, Outside, register, upload
from tests.cast import Cast

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
OLD = "an old secret of the deployment, 2025: qwxzjv"
NEW = "a new secret of the deployment, 2026: mnkplo"


@pytest.fixture
def outside(app: FastAPI, session_factory: sessionmaker[Session]) -> Outside:
    return Outside(app, session_factory)


def test_copy_of_ones_own_data_is_whole_and_in_the_clear(
    app: FastAPI, outside: Outside, stranger: TestClient
) -> None:
    client, view = register(app, outside, stranger)

    copy = client.get("/api/v1/me/export").json()

    assert copy["identity"]["identity_number"] == CANARY
    assert copy["identity"]["phone"] == PHONE
    assert {consent["purpose"] for consent in copy["consents"]} == {"terms", "identity_data"}
    assert copy["registrations"][0]["id"] == view["id"]
    assert len(copy["files"]) == 3


def test_consent_is_taken_back_and_its_history_kept(cast: Cast, signed_in_as: SignedInAs) -> None:
    alice = signed_in_as(cast.alice)
    alice.post("/api/v1/me/consents", json={"purpose": "terms", "version": "2"})

    after = alice.post("/api/v1/me/consents/withdraw", json={"purpose": "terms"}).json()["items"]

    assert [(it["version"], it["withdrawn_at"] is None) for it in after] == [("2", False)]


def test_who_is_forgotten_is_gone_and_nothing_of_theirs_opens(
    app: FastAPI, outside: Outside, stranger: TestClient, session_factory: sessionmaker[Session]
) -> None:
    client, _ = register(app, outside, stranger)
    file_id = upload(client, "a.pdf", b"%PDF-1.7\n%%EOF\n").json()["id"]
    with session_factory() as session:
        person = session.scalars(select(Person).where(Person.login == "li.siqi")).one()

    wrong = client.post("/api/v1/me/erasure", json={"password": "not it"})
    done = client.post("/api/v1/me/erasure", json={"password": PASSWORD})

    assert (wrong.status_code, done.status_code) == (401, 204)
    assert client.get("/api/v1/me").status_code == 401
    with session_factory() as session:
        key = session.get_one(SubjectKey, person.id)
        assert (key.sealed, key.shredded_at is None) == (None, False)
        with pytest.raises(DataErased):
            Vault(session, app.state.keys.ring).open_bytes(
                b"\2\1" + bytes(40), subject=person.id, place=Place("files", "content", file_id)
            )
        left = session.execute(
            text("SELECT p::text FROM people p WHERE id = :id"), {"id": person.id}
        ).scalar_one()
    assert "小李" not in left
    assert "li.siqi" not in left


def test_password_is_not_guessed_by_asking_to_be_forgotten(
    cast: Cast, signed_in_as: SignedInAs
) -> None:
    alice = signed_in_as(cast.alice)

    answers = [alice.post("/api/v1/me/erasure", json={"password": "guess"}) for _ in range(11)]

    assert [it.status_code for it in answers] == [401] * 10 + [429]


def test_who_is_forgotten_while_reviewed_leaves_the_queue_and_no_name(
    app: FastAPI,
    outside: Outside,
    stranger: TestClient,
    session_factory: sessionmaker[Session],
) -> None:
    client, view = register(
        app, outside, stranger, kind="ordinary", organisation="", credit_code=""
    )
    with session_factory.begin() as session:
        person = session.scalars(select(Person).where(Person.login == "li.siqi")).one()
        home, other = (
            make_enterprise(session, name=name, credit_code=None, kind="individual", now=NOW)
            for name in ("小李", "小王")
        )
        person.enterprise_id = home.id

    assert client.post("/api/v1/me/erasure", json={"password": PASSWORD}).status_code == 204

    with session_factory() as session:
        registration = session.get_one(Registration, UUID(view["id"]))
        names = session.scalars(
            select(EnterpriseName.name).where(EnterpriseName.enterprise_id == home.id)
        ).all()
        assert registration.state == "withdrawn"
        assert session.get_one(Enterprise, home.id).name == ERASED_NAME
        assert names == [ERASED_NAME]
        assert session.get_one(Enterprise, other.id).name == "小王"


@pytest.mark.parametrize(
    ("state", "days", "is_forgotten"),
    [
        pytest.param("rejected", 30, True, id="turned down a month ago"),
        pytest.param("rejected", 29, False, id="turned down lately"),
        pytest.param("withdrawn", 30, True, id="taken back"),
        pytest.param("draft", 180, True, id="left lying for half a year"),
        pytest.param("draft", 179, False, id="still being written"),
        pytest.param("submitted", 400, False, id="under review, however long"),
    ],
)
def test_nothing_is_kept_of_who_was_not_admitted(
    session: Session, *, state: str, days: int, is_forgotten: bool
) -> None:
    vault, person = Vault(session, KeyRing.of(OLD)), make.person(session)
    vault.seal("x", subject=person.id, place=Place("a", "b", "c"), now=NOW)
    session.add(
        Registration(
            person_id=person.id,
            kind="ordinary",
            state=state,
            organisation="",
            credit_code="",
            created_at=NOW,
            remarks=[],
        )
    )
    session.flush()
    later = NOW + timedelta(days=days)

    assert (person.id in list_failed(session, now=later)) is is_forgotten
    assert forget_failed(vault, person.id, now=later) is is_forgotten

    assert person.is_active is not is_forgotten
    assert (session.get_one(SubjectKey, person.id).sealed is None) is is_forgotten
    assert forget_failed(vault, person.id, now=later) is False, "once"


def test_law_keeps_the_papers_of_who_was_not_admitted(session: Session) -> None:
    person = make.person(session)
    session.add(
        Registration(
            person_id=person.id,
            kind="ordinary",
            state="rejected",
            organisation="",
            credit_code="",
            created_at=NOW,
            remarks=[],
        )
    )
    until = NOW + timedelta(days=90)
    place_hold(session, subject_id=person.id, reason="案", until=until, placed_by=None, now=NOW)

    assert person.id not in list_failed(session, now=until - timedelta(days=1))
    assert person.id in list_failed(session, now=until)


def test_unfinished_business_holds_an_erasure_back(
    cast: Cast, signed_in_as: SignedInAs, session_factory: sessionmaker[Session]
) -> None:
    with session_factory.begin() as session:
        make.reservation(
            session,
            instrument=make.instrument(session, institution=cast.institution),
            holder=cast.alice,
            starts_at=NOW + timedelta(days=3650),
        )
    signed_in_as(cast.oscar).post(
        "/api/v1/legal-holds",
        json={
            "login": cast.alice.login,
            "reason": "案件调查",
            "until": "2099-01-01T00:00:00Z",
        },
    )

    answer = signed_in_as(cast.alice).post("/api/v1/me/erasure", json={"password": make.PASSWORD})

    assert (answer.status_code, answer.json()["code"]) == (409, "erasure_held")
    assert [problem["code"] for problem in answer.json()["problems"]] == [
        "legal_hold",
        "unfinished_reservations",
    ]


def test_last_who_answers_for_others_hands_the_role_over_first(
    cast: Cast, signed_in_as: SignedInAs, session_factory: sessionmaker[Session]
) -> None:
    mei = signed_in_as(cast.mei)
    password = {"password": make.PASSWORD}

    kept = mei.post("/api/v1/me/erasure", json=password)
    with session_factory.begin() as session:
        make.person(session, Role.INSTITUTION_MANAGER, institution=cast.institution)

    assert [problem["code"] for problem in kept.json()["problems"]] == ["last_of_role"]
    assert mei.post("/api/v1/me/erasure", json=password).status_code == 204


def test_hold_is_listed_and_lifted_and_then_holds_nothing(
    cast: Cast, signed_in_as: SignedInAs
) -> None:
    oscar, alice = signed_in_as(cast.oscar), signed_in_as(cast.alice)
    body = {"login": cast.alice.login, "reason": "案件调查", "until": "2099-01-01T00:00:00Z"}
    placed = oscar.post("/api/v1/legal-holds", json=body).json()
    again = oscar.post("/api/v1/legal-holds", json=body)
    over = oscar.post("/api/v1/legal-holds", json=body | {"until": "2020-01-01T00:00:00Z"})
    nobody = oscar.post("/api/v1/legal-holds", json=body | {"login": "nobody"})

    assert [it.json()["code"] for it in (again, over, nobody)] == [
        "hold_known",
        "hold_refused",
        "person_not_found",
    ]
    (listed,) = oscar.get("/api/v1/legal-holds").json()["items"]
    assert (listed["id"], listed["login"], listed["lifted_at"]) == (
        placed["id"],
        cast.alice.login,
        None,
    )
    lifted = oscar.post(f"/api/v1/legal-holds/{placed['id']}/lift").json()
    assert lifted["lifted_at"] is not None
    erased = alice.post("/api/v1/me/erasure", json={"password": make.PASSWORD})
    assert erased.status_code == 204


def test_export_refuses_what_is_above_its_level(cast: Cast, signed_in_as: SignedInAs) -> None:
    oscar = signed_in_as(cast.oscar)

    fine = oscar.get("/api/v1/shared/institutions?fields=name_zh&fields=created_at")
    refused = oscar.get("/api/v1/shared/institutions?fields=name_zh&fields=checks")

    assert fine.status_code == 200
    assert {"鲍勃的机构", "丹的机构"} <= {item["name_zh"] for item in fine.json()["items"]}
    assert (refused.status_code, refused.json()["code"]) == (422, "above_level")
    assert [problem["field"] for problem in refused.json()["problems"]] == ["institution.checks"]


def test_keys_are_sealed_anew_in_batches_while_everything_opens(session: Session) -> None:
    subjects = [new_id() for _ in range(5)]
    before = Vault(session, KeyRing.of(OLD))
    place = Place("people", "phone", "1")
    sealed = {
        subject: before.seal(PHONE, subject=subject, place=place, now=NOW) for subject in subjects
    }
    during = Vault(session, KeyRing.of(NEW, OLD))

    assert all(during.open(it, subject=s, place=place) == PHONE for s, it in sealed.items())
    assert set(during.rewrap()) == set(subjects)
    assert during.rewrap() == []

    after = Vault(session, KeyRing.of(NEW))
    assert all(after.open(it, subject=s, place=place) == PHONE for s, it in sealed.items())
    with pytest.raises(CannotOpen):
        before.open(sealed[subjects[0]], subject=subjects[0], place=place)
    with pytest.raises(CannotOpen):
        after.open(sealed[subjects[0]], subject=subjects[1], place=place)


def test_nothing_new_is_sealed_for_who_was_forgotten(session: Session) -> None:
    vault, subject, place = Vault(session, KeyRing.of(OLD)), new_id(), Place("a", "b", "c")
    vault.seal("x", subject=subject, place=place, now=NOW)
    assert vault.shred(subject, now=NOW)

    with pytest.raises(DataErased):
        vault.seal("y", subject=subject, place=place, now=NOW)
    assert not vault.shred(subject, now=NOW)
