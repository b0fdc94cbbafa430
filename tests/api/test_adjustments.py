"""Waiving and correcting a charge over HTTP: by whom, how much, and what stays as it was."""

from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from billing.charges.tables import Charge
from billing.charges.totals import list_charges_behind, money_in
from booking.reservations.rules import Slot
from directory.roles.rules import Role
from tests import make
from tests.api.conftest import SignedInAs
from tests.cast import Cast
from tests.leasing import DAY, NOW


@pytest.fixture
def charge_id(session_factory: sessionmaker[Session], cast: Cast) -> UUID:
    """A late fee of 200 yuan that Alice's enterprise owes."""
    with session_factory.begin() as session:
        instrument = make.instrument(session, institution=cast.institution)
        tariff = make.tariff(session, instrument=instrument)
        asked = make.reservation(
            session, instrument=instrument, holder=cast.alice, starts_at=NOW, state="no_show"
        )
        charge = Charge(
            kind="no_show",
            reservation_id=asked.id,
            enterprise_id=cast.enterprise.id,
            institution_id=cast.institution.id,
            tariff_id=tariff.id,
            billed_seconds=0,
            amount_fen=20_000,
            currency="CNY",
            rule={
                "version": 1, "per_hour_fen": 20_000, "billed_min_s": 0, "billed_step_s": 1,
                "minimum_fen": 0, "valid_from": None, "valid_to": None, "steps": [],
            },
            evidence=[],
            created_at=NOW,
        )  # fmt: skip
        session.add(charge)
        session.flush()
        return charge.id


def adjust(client: TestClient, charge_id: UUID, *, key: str = "", **body: object) -> Response:
    return client.post(
        f"/api/v1/charges/{charge_id}/adjustments",
        json={"reason": "仪器故障", **body},
        headers={"Idempotency-Key": key or uuid4().hex},
    )


def test_charge_is_waived_in_part_then_whole_and_both_lines_stay(
    signed_in_as: SignedInAs, cast: Cast, charge_id: UUID
) -> None:
    mei, alice = signed_in_as(cast.mei), signed_in_as(cast.alice)

    part = adjust(mei, charge_id, kind="waiver", amount_fen=-5_000)
    whole = adjust(mei, charge_id, kind="waiver", reason="首次使用")

    assert (part.status_code, part.json()["payable_fen"]) == (201, 15_000)
    assert whole.json()["payable_fen"] == 0
    seen = alice.get(f"/api/v1/charges/{charge_id}").json()
    assert (seen["amount_fen"], seen["payable_fen"]) == (20_000, 0)
    assert [(one["kind"], one["amount_fen"], one["reason"]) for one in seen["adjustments"]] == [
        ("waiver", -5_000, "仪器故障"),
        ("waiver", -15_000, "首次使用"),
    ]
    assert seen["adjustments"][0]["by"] == cast.mei.display_name
    listed = alice.get("/api/v1/charges").json()["items"]
    assert [one["payable_fen"] for one in listed] == [0]


def test_correction_may_add_and_every_fault_is_named(
    signed_in_as: SignedInAs, cast: Cast, charge_id: UUID
) -> None:
    mei = signed_in_as(cast.mei)

    assert adjust(mei, charge_id, kind="correction", amount_fen=100).json()["payable_fen"] == 20_100
    for body, code in (
        ({"kind": "waiver", "amount_fen": 1}, "waiver_adds"),
        ({"kind": "correction"}, "nothing_adjusted"),
        ({"kind": "correction", "amount_fen": -20_101}, "more_than_left"),
    ):
        refused = adjust(mei, charge_id, **body)
        assert (refused.status_code, refused.json()["code"]) == (422, "adjustment_refused")
        assert [one["code"] for one in refused.json()["problems"]] == [code]
    assert adjust(mei, charge_id, kind="waiver", reason="  ").status_code == 422


def test_same_key_adjusts_once(signed_in_as: SignedInAs, cast: Cast, charge_id: UUID) -> None:
    mei = signed_in_as(cast.mei)
    answers = [
        adjust(mei, charge_id, key="the-same-key", kind="waiver", amount_fen=-100) for _ in range(2)
    ]

    assert [answer.json()["payable_fen"] for answer in answers] == [19_900, 19_900]


def test_only_the_institutions_manager_and_finance_adjust(
    signed_in_as: SignedInAs,
    cast: Cast,
    charge_id: UUID,
    session_factory: sessionmaker[Session],
) -> None:
    with session_factory.begin() as session:
        fay = make.person(session, Role.FINANCE, institution=cast.institution)
        other = make.person(session, Role.FINANCE, institution=cast.other_institution)

    assert adjust(signed_in_as(cast.alice), charge_id, kind="waiver").status_code == 403
    assert adjust(signed_in_as(cast.bob), charge_id, kind="waiver").status_code == 403
    assert adjust(signed_in_as(other), charge_id, kind="waiver").status_code == 404
    assert adjust(signed_in_as(fay), charge_id, kind="waiver").status_code == 201


def test_statistics_count_what_is_left_to_pay_and_no_line_is_edited(
    signed_in_as: SignedInAs,
    cast: Cast,
    charge_id: UUID,
    session_factory: sessionmaker[Session],
) -> None:
    adjust(signed_in_as(cast.mei), charge_id, kind="waiver", amount_fen=-500)

    with session_factory() as session:
        period = Slot(NOW - DAY, NOW + DAY)
        assert list(money_in(session, cast.institution.id, period).values()) == [19_500]
        assert [one.amount_fen for one in list_charges_behind(session, None, period, limit=9)] == [
            19_500
        ]
        for statement in ("UPDATE adjustments SET amount_fen = -1", "DELETE FROM adjustments"):
            with pytest.raises(DBAPIError), session.begin_nested():
                session.execute(text(statement))
