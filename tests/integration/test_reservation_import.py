"""Reservations taken in from a workbook, by the code alone: no policy of the database is asked."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from booking.policies.tables import Agreement, Policy
from booking.reservations.importing import Outcome, import_rows
from booking.reservations.sheets import COLUMNS, Row, read_rows
from directory.institutions.tables import Institution
from directory.people.tables import Person
from foundation.workbooks import write_table
from tests import make
from tests.leasing import DAY, HOUR, NOW, ZONE, Lab, furnish

LATER = NOW + timedelta(days=365)


@pytest.fixture
def lab(session: Session) -> Lab:
    made = furnish(session)
    sign(made, made.cast.alice, made.institution)
    return made


def sign(lab: Lab, person: Person, institution: Institution) -> None:
    lab.session.add(
        Agreement(
            enterprise_id=person.enterprise_id,
            institution_id=institution.id,
            signed_at=make.LONG_AGO,
            signed_by=None,
            valid_until=LATER.date(),
        )
    )
    lab.session.flush()


def take(lab: Lab, *wanted: tuple[Person, datetime], now: datetime = NOW) -> list[Outcome]:
    rows = [
        Row(number, {}, lab.instrument.code, who.login, starts_at, starts_at + HOUR)
        for number, (who, starts_at) in enumerate(wanted, 2)
    ]
    return import_rows(lab.session, rows, by=lab.caller("mei"), now=now)


def codes(outcome: Outcome) -> list[str]:
    return [problem.code for problem in outcome.problems]


def test_who_signed_with_another_institution_is_nobody_here(lab: Lab) -> None:
    sign(lab, lab.cast.carol, lab.cast.other_institution)

    [outcome] = take(lab, (lab.cast.carol, NOW + DAY))

    assert codes(outcome) == ["unknown_person"]
    assert outcome.reservation is None


def test_who_reserved_at_another_institution_is_nobody_here(lab: Lab) -> None:
    foreign = make.instrument(lab.session, institution=lab.cast.other_institution)
    make.reservation(
        lab.session, instrument=foreign, holder=lab.cast.carol, starts_at=make.LONG_AGO
    )

    [outcome] = take(lab, (lab.cast.carol, NOW + DAY))

    assert codes(outcome) == ["unknown_person"]


def test_policy_of_the_lab_counts_the_rows_above_as_it_counts_everybodys(lab: Lab) -> None:
    lab.says(open_max=1)

    first, second = take(lab, (lab.cast.alice, NOW + DAY), (lab.cast.alice, NOW + 2 * DAY))

    assert codes(first) == []
    assert codes(second) == ["too_many_open"]


def test_time_that_the_labs_clocks_show_twice_is_asked_about(lab: Lab) -> None:
    lab.institution.time_zone = "Europe/Berlin"
    lab.session.flush()
    twice = datetime(2030, 10, 27, 2, 30)  # noqa: DTZ001 - as a clock on the wall shows it

    [outcome] = take(lab, (lab.cast.alice, twice), now=NOW.replace(month=10))

    assert codes(outcome) == ["unclear_local_time"]


QUESTIONS = [
    {"key": "samples", "label_zh": "样品数", "label_en": "Samples", "type": "number", "most": 20},
    {"key": "dry", "label_zh": "已烘干", "label_en": "Dried", "type": "boolean", "required": True},
]


def take_sheet(lab: Lab, *rows: dict[str, Any]) -> list[Outcome]:
    """Take in a workbook, each row a day after the one above; its columns as the rows name them."""
    base = [COLUMNS[name] for name in ("code", "login", "starts_at", "ends_at")]
    more = sorted({heading for row in rows for heading in row} - {"仪器编号"})
    cells = [
        [
            row.get("仪器编号", lab.instrument.code),
            lab.cast.alice.login,
            *((NOW + day * DAY + length).replace(tzinfo=ZONE) for length in (0 * HOUR, HOUR)),
            *(row.get(heading) for heading in more),
        ]
        for day, row in enumerate(rows, 1)
    ]
    content = write_table("预约", [*base, *more], cells, ZONE)
    return import_rows(lab.session, read_rows(content), by=lab.caller("mei"), now=NOW)


def test_columns_say_how_it_is_used_and_answer_what_is_asked(lab: Lab) -> None:
    lab.says(questions=QUESTIONS, needs_declaration=True)
    lab.instrument.limited_to_zh = "0 至 500 N"
    lab.session.flush()
    accepted = {"知悉限用范围": "是", "备注": "旧系统 42 号"}

    alone, assisted = take_sheet(
        lab,
        {"样品数": 3, "已烘干": "是", "危险品申报": "无", **accepted},
        {"样品数": "4", "已烘干": "否", "危险品申报": "丙酮", "使用方式": "协同",
         "到场方式": "委托", **accepted},
    )  # fmt: skip

    assert (codes(alone), codes(assisted)) == ([], [])
    assert alone.reservation is not None
    assert alone.reservation.answers == {
        "samples": 3, "dry": True, "declaration": {"hazardous": False}, "limits_accepted": True,
    }  # fmt: skip
    assert assisted.reservation is not None
    assert (assisted.reservation.mode, assisted.reservation.presence) == ("assisted", "absent")
    assert assisted.reservation.answers["declaration"] == {"hazardous": True, "substances": "丙酮"}


def test_cell_of_each_unfit_answer_is_named(lab: Lab) -> None:
    lab.says(questions=QUESTIONS)
    plain = make.instrument(lab.session, institution=lab.cast.institution)
    lab.session.add(
        Policy(
            institution_id=lab.institution.id,
            instrument_id=plain.id,
            terms={"questions": []},
            updated_at=NOW,
        )
    )
    lab.session.flush()

    first, second, third = take_sheet(
        lab,
        {"样品数": "many", "已烘干": "maybe", "使用方式": "随便"},
        {"样品数": 21, "到场方式": "观摩"},
        {"仪器编号": plain.code, "样品数": 3},
    )

    headings = sorted(["使用方式", "到场方式", "已烘干", "样品数"])
    where = {heading: letter for letter, heading in zip("EFGH", headings, strict=True)}
    assert [(one.code, one.field) for one in first.problems] == [
        ("cell_wrong", f"{where['使用方式']}2"),
        ("unfit_answer", f"{where['样品数']}2"),
        ("unfit_answer", f"{where['已烘干']}2"),
    ]
    assert [(one.code, one.field) for one in second.problems] == [
        ("unfit_answer", f"{where['样品数']}3"),
        ("not_answered", "3:3"),
        ("presence_not_asked", f"{where['到场方式']}3"),
    ]
    assert [(one.code, one.field) for one in third.problems] == [
        ("not_asked", f"{where['样品数']}4")
    ]
