"""Registration from the first code to the review's answer, and what nobody may see of it."""

import json
from traceback import format_exception
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker
from structlog.testing import capture_logs

from directory.audit.tables import AuditEntry
from directory.enterprises.service import name_on
from directory.enterprises.tables import Enterprise
from directory.people.tables import Person
from directory.privacy.vault import Vault
from directory.registrations.identities import index_identities
from directory.registrations.tables import Registration
from directory.roles.rules import Role
from foundation.encryption import KeyRing
from tests import make
from tests.api.conftest import SignedInAs
from tests.api.registering import (
    CANARY,
    EMAIL,
    PHONE,
    Outside,
    application,
    picture,
    register,
    sign_in,
    upload,
)
from tests.cast import Cast


@pytest.fixture
def outside(app: FastAPI, session_factory: sessionmaker[Session]) -> Outside:
    return Outside(app, session_factory)


@pytest.fixture
def reviewer(session_factory: sessionmaker[Session], signed_in_as: SignedInAs) -> TestClient:
    with session_factory.begin() as session:
        person = make.person(session, Role.REVIEWER)
    return signed_in_as(person)


def fields(answer: Any) -> list[str]:
    return sorted(problem["field"] for problem in answer.json()["problems"])


def test_every_fault_of_an_application_is_named_at_once(
    outside: Outside, stranger: TestClient
) -> None:
    body = application(
        outside,
        stranger,
        real_name="李",
        identity_number="11010519491231002",
        credit_code="91350100M000100Y44",
        consents={"terms": "1"},
        password="li.siqi1",
    )
    body["phone_confirmation_id"] = body["email_confirmation_id"]

    answer = stranger.post("/api/v1/registrations", json=body)

    assert (answer.status_code, answer.json()["code"]) == (422, "application_refused")
    assert fields(answer) == [
        "consents.identity_data",
        "credit_code",
        "identity_number",
        "password",
        "password",
        "phone",
        "real_name",
    ]


def test_address_nobody_confirmed_is_refused(outside: Outside, stranger: TestClient) -> None:
    body = application(outside, stranger)
    body["phone_confirmation_id"] = body["email_confirmation_id"]

    answer = stranger.post("/api/v1/registrations", json=body)

    assert answer.json()["code"] == "not_confirmed"
    assert fields(answer) == ["phone"]


def test_code_is_guessed_five_times_and_no_more(outside: Outside, stranger: TestClient) -> None:
    asked = stranger.post(
        "/api/v1/confirmations", json={"channel": "phone", "address": PHONE}
    ).json()
    outside.deliver()
    code = outside.received[-1].text.split("验证码 ")[1][:6]
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    give = f"/api/v1/confirmations/{asked['id']}"

    answers = [stranger.post(give, json={"code": wrong}).json() for _ in range(5)]

    assert answers == [{"confirmed": False}] * 5
    assert stranger.post(give, json={"code": code}).json() == {"confirmed": False}


def test_sixth_code_within_the_hour_is_refused(stranger: TestClient) -> None:
    body = {"channel": "email", "address": EMAIL}

    statuses = [stranger.post("/api/v1/confirmations", json=body).status_code for _ in range(6)]

    assert statuses == [201] * 5 + [429]


def test_missing_papers_are_all_named(app: FastAPI, outside: Outside, stranger: TestClient) -> None:
    made = stranger.post("/api/v1/registrations", json=application(outside, stranger)).json()
    client = sign_in(app, "li.siqi")
    own = f"/api/v1/registrations/mine/{made['id']}"

    refused = client.post(f"{own}/submit")
    assert refused.json()["code"] == "papers_missing"
    assert fields(refused) == [
        "papers.business_licence",
        "papers.integrity_pledge",
        "papers.qualification_certificate",
    ]

    client.put(
        f"{own}/papers/qualification_certificate", json={"lacking_because": "只有需求，无资质"}
    )
    client.put(f"{own}/papers/business_licence", json={"lacking_because": "不想交"})
    assert fields(client.post(f"{own}/submit")) == [
        "papers.business_licence",
        "papers.integrity_pledge",
    ]


def test_applicant_may_do_nothing_else_before_approval(
    app: FastAPI, outside: Outside, stranger: TestClient
) -> None:
    client, _ = register(app, outside, stranger)

    assert client.get("/api/v1/me").json()["roles"] == []
    assert client.get("/api/v1/due-dates").status_code == 403
    assert client.get("/api/v1/reviews/registrations").status_code == 403


def test_supplement_and_resubmission_restart_the_clock(
    app: FastAPI, outside: Outside, stranger: TestClient, reviewer: TestClient
) -> None:
    client, view = register(app, outside, stranger)
    review = f"/api/v1/reviews/registrations/{view['id']}"
    assert view["due_at"] is not None
    unexplained = reviewer.post(f"{review}/send-back", json={"remarks": []})
    assert unexplained.json()["code"] == "reason_missing"

    remarks = [{"field": "papers.business_licence", "text": "照片不清晰"}]
    assert reviewer.post(f"{review}/send-back", json={"remarks": remarks}).status_code == 200
    own = client.get(f"/api/v1/registrations/mine/{view['id']}").json()
    assert (own["state"], own["remarks"]) == ("returned", remarks)
    assert reviewer.get("/api/v1/due-dates").json()["items"] == []

    assert client.post(f"/api/v1/registrations/mine/{view['id']}/submit").status_code == 200
    [due] = reviewer.get("/api/v1/due-dates").json()["items"]
    assert (due["kind"], due["count"], due["unit"]) == ("registration_review", 3, "working_days")


def test_what_came_back_is_corrected_before_it_is_submitted_again(
    app: FastAPI, outside: Outside, stranger: TestClient, reviewer: TestClient
) -> None:
    client, view = register(app, outside, stranger)
    own = f"/api/v1/registrations/mine/{view['id']}"
    review = f"/api/v1/reviews/registrations/{view['id']}"
    early = client.put(own, json={"real_name": "李思奇"})
    assert (early.status_code, early.json()["code"]) == (409, "registration_wrong_state")
    remarks = [{"field": "real_name", "text": "与身份证不一致"}]
    reviewer.post(f"{review}/send-back", json={"remarks": remarks})

    wrong = client.put(own, json={"real_name": "李", "identity_number": "110105194912310021"})
    assert fields(wrong) == ["identity_number", "real_name"]
    right = client.put(own, json={"real_name": "李思奇", "organisation": "江阴精密有限公司"})

    assert right.status_code == 200, right.text
    assert client.post(f"{own}/submit").json()["organisation"] == "江阴精密有限公司"
    reason = {"field": "real_name", "reason": "核对"}
    assert reviewer.post(f"{review}/reveal", json=reason).json()["text"] == "李思奇"
    assert reviewer.get(review).json()["identity_number"] == "1101**********002X"


def test_correction_takes_nobodys_identity(
    app: FastAPI, outside: Outside, stranger: TestClient, reviewer: TestClient
) -> None:
    register(app, outside, stranger)
    other = {"login": "wang.bo", "identity_number": "440524188001010014"}
    client, view = register(app, outside, stranger, **other)
    remarks = [{"field": "identity_number", "text": "看不清"}]
    reviewer.post(
        f"/api/v1/reviews/registrations/{view['id']}/send-back", json={"remarks": remarks}
    )

    answer = client.put(
        f"/api/v1/registrations/mine/{view['id']}", json={"identity_number": CANARY}
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "already_registered")


def test_approval_makes_a_member_who_may_reserve(
    app: FastAPI, outside: Outside, stranger: TestClient, reviewer: TestClient
) -> None:
    client, view = register(app, outside, stranger)

    answer = reviewer.post(f"/api/v1/reviews/registrations/{view['id']}/approve")

    assert answer.status_code == 200, answer.text
    me = client.get("/api/v1/me").json()
    assert me["roles"] == ["enterprise_admin", "member"]
    assert me["enterprise"]["name"] == "江阴精密机械有限公司"
    assert me["display_name"] == "小李"
    again = reviewer.post(f"/api/v1/reviews/registrations/{view['id']}/approve")
    assert (again.status_code, again.json()["code"]) == (409, "registration_wrong_state")


def test_same_identity_does_not_register_twice(
    app: FastAPI, outside: Outside, stranger: TestClient
) -> None:
    register(app, outside, stranger)

    body = application(outside, stranger, login="li.siqi.2")
    answer = stranger.post("/api/v1/registrations", json=body)

    assert (answer.status_code, answer.json()["code"]) == (409, "already_registered")


def test_reviewer_sees_masks_and_each_unmasked_look_is_recorded(
    app: FastAPI,
    outside: Outside,
    stranger: TestClient,
    reviewer: TestClient,
    session: Session,
) -> None:
    _, view = register(app, outside, stranger)
    review = f"/api/v1/reviews/registrations/{view['id']}"
    queue = reviewer.get("/api/v1/reviews/registrations")
    seen = reviewer.get(review)

    assert queue.json()["items"][0]["applicant"] == "李**"
    assert seen.json()["identity_number"] == "1101**********002X"
    assert (seen.json()["phone"], seen.json()["email"]) == ("138****5678", "l******@example.com")
    assert CANARY not in queue.text + seen.text
    nothing = reviewer.post(f"{review}/reveal", json={"field": "identity_number", "reason": " "})
    assert nothing.json()["code"] == "reason_required"

    shown = reviewer.post(
        f"{review}/reveal", json={"field": "identity_number", "reason": "核对身份证扫描件"}
    )
    assert shown.json()["text"] == CANARY
    entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "identity.reveal")).one()
    assert entry.detail == {"field": "identity_number", "reason": "核对身份证扫描件"}


def test_canary_stands_in_no_table_in_the_clear(
    app: FastAPI, outside: Outside, stranger: TestClient, reviewer: TestClient, session: Session
) -> None:
    _, view = register(app, outside, stranger)
    reviewer.post(f"/api/v1/reviews/registrations/{view['id']}/approve")
    tables = session.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ).all()

    dumps = {
        table: "\n".join(session.scalars(text(f'SELECT t::text FROM "{table}" t')))
        for table in tables
    }

    assert len(tables) > 50
    secrets = [CANARY, PHONE, EMAIL, *(it.encode().hex() for it in (CANARY, PHONE, EMAIL))]
    assert [table for table, dump in dumps.items() if any(it in dump for it in secrets)] == []
    assert "小李" in dumps["people"]


def test_canary_stands_in_no_error_and_no_log(
    app: FastAPI, outside: Outside, stranger: TestClient
) -> None:
    body = application(outside, stranger)

    with capture_logs() as events:
        answers = provoke(app, stranger, body)

    said = [answer.text for answer in answers] + [str(event) for event in events]
    said += ["".join(format_exception(e)) for it in events if (e := it.get("exc_info"))]
    assert {answer.status_code for answer in answers} == {401, 404, 422, 500}
    assert len(events) >= 3
    assert [text for text in said if CANARY in text] == []


def provoke(app: FastAPI, stranger: TestClient, body: dict[str, Any]) -> list[Any]:
    """Say what may not be repeated wherever it does not belong."""
    whole = json.dumps(body)
    assert CANARY in whole
    answers = [
        stranger.post("/api/v1/registrations", json=body | {"credit_code": CANARY}),
        stranger.post("/api/v1/registrations", json=body | {"kind": CANARY}),
        stranger.post("/api/v1/registrations", content=whole[:-1]),
        stranger.post("/api/v1/registrations", content=whole, headers={"Content-Type": "text/xml"}),
        stranger.post("/api/v1/sign-in", json={"login": CANARY, "password": CANARY}),
        stranger.get(f"/api/v1/registrations/{CANARY}"),
    ]
    # A fault of the program's own must not tell either.
    app.state.keys = None
    return [*answers, stranger.post("/api/v1/registrations", json=body)]


def test_identity_is_found_by_whatever_secret_is_current(
    app: FastAPI, outside: Outside, stranger: TestClient, session: Session
) -> None:
    register(app, outside, stranger)
    former = app.state.settings.secret_key.get_secret_value()
    new = "another secret for tests, long and mixed enough"
    kinds = session.scalars(select(Registration.kind)).all()

    def finds(ring: KeyRing) -> bool:
        indexes = ring.blind_indexes(CANARY, "identity_number")
        query = text("SELECT is_identity_registered(:indexes, :kind)")
        return bool(session.scalar(query, {"indexes": indexes, "kind": kinds[0]}))

    assert (finds(KeyRing.of(new, former)), finds(KeyRing.of(new))) == (True, False)
    vault = Vault(session, KeyRing.of(new, former))
    index_identities(vault, vault.rewrap())

    assert (finds(KeyRing.of(new, former)), finds(KeyRing.of(new))) == (True, True)
    assert not finds(KeyRing.of(former))


def test_nobody_reviews_their_own_application(
    app: FastAPI, outside: Outside, stranger: TestClient, session_factory: sessionmaker[Session]
) -> None:
    client, view = register(app, outside, stranger)
    with session_factory.begin() as session:
        person = session.scalars(select(Person).where(Person.login == "li.siqi")).one()
        make.give_role(session, person, Role.REVIEWER)

    answer = client.post(f"/api/v1/reviews/registrations/{view['id']}/approve")

    assert answer.json()["code"] == "not_yourself"


def test_change_of_name_keeps_the_former_one_for_its_time(
    app: FastAPI,
    outside: Outside,
    stranger: TestClient,
    reviewer: TestClient,
    session_factory: sessionmaker[Session],
) -> None:
    client, view = register(app, outside, stranger)
    reviewer.post(f"/api/v1/reviews/registrations/{view['id']}/approve")
    licence = upload(client, "licence.png", picture()).json()["id"]
    report = {
        "new_name": "江阴智能制造有限公司",
        "changed_on": "2025-01-15",
        "licence_file_id": licence,
    }
    without = client.post("/api/v1/reviews/name-changes", json={**report, "licence_file_id": None})
    assert fields(without) == ["licence_file_id"]

    change = client.post("/api/v1/reviews/name-changes", json=report).json()
    decided = reviewer.post(
        f"/api/v1/reviews/name-changes/{change['id']}/decide", json={"approved": True}
    )

    assert change["is_late"] is True
    assert decided.json()["state"] == "approved"
    assert client.get("/api/v1/me").json()["enterprise"]["name"] == "江阴智能制造有限公司"
    with session_factory() as session:
        enterprise = session.scalars(
            select(Enterprise).where(Enterprise.name == "江阴智能制造有限公司")
        ).one()
        changed_on = make.LONG_AGO.date().replace(year=2025, month=1, day=15)
        before = changed_on.replace(day=14)
        assert name_on(session, enterprise.id, before) == "江阴精密机械有限公司"
        assert name_on(session, enterprise.id, changed_on) == "江阴智能制造有限公司"


def test_another_enterprises_file_is_no_paper_of_ones_own(
    app: FastAPI, outside: Outside, stranger: TestClient, cast: Cast, signed_in_as: SignedInAs
) -> None:
    client, view = register(app, outside, stranger)
    client.post(f"/api/v1/registrations/mine/{view['id']}/withdraw")
    foreign = upload(signed_in_as(cast.carol), "scan.png", picture()).json()["id"]
    made = stranger.post(
        "/api/v1/registrations", json=application(outside, stranger, login="li.again")
    ).json()

    answer = sign_in(app, "li.again").put(
        f"/api/v1/registrations/mine/{made['id']}/papers/business_licence",
        json={"file_id": foreign},
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "file_not_found")
