"""Every invariant is a query that runs, and holds on an empty database."""

import pytest
from sqlalchemy import Connection, text

from cli.doctor import examine_invariants
from cli.examinations import Verdict, examine_database
from cli.invariants import collect


@pytest.mark.parametrize("name", sorted(collect()))
def test_invariant_holds_where_there_is_nothing(connection: Connection, name: str) -> None:
    assert connection.execute(text(collect()[name])).fetchall() == []


def test_doctor_checks_every_invariant(database_url: str) -> None:
    findings = examine_invariants(database_url)

    assert [it.text for it in findings if it.verdict is Verdict.WELL] == list(collect())


def test_doctor_finds_the_test_database_fit_but_for_its_haste(database_url: str) -> None:
    findings = examine_database(database_url)

    assert [it.text for it in findings if it.verdict is Verdict.BROKEN] == [
        "fsync is off: a power cut may destroy it"
    ]
    assert any("btree_gist" in it.text for it in findings)
    assert any(it.subject == "clock" and it.verdict is Verdict.WELL for it in findings)


def test_doctor_says_when_no_database_answers() -> None:
    findings = examine_database("postgresql://nobody:x@127.0.0.1:1/none")

    assert [it.verdict for it in findings] == [Verdict.BROKEN]
    assert findings[0].text.startswith("does not answer")
