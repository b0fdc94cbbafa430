"""Tampering with the audit trail is found, and the first bad row named."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from directory.audit.queries import Search, search
from directory.audit.rules import Anchor, Fault, anchor_line, link
from directory.audit.sealing import (
    Verified,
    act_of,
    read_head,
    seal_new,
    verify,
    write_anchor,
)
from directory.audit.service import record
from directory.audit.tables import AuditEntry
from foundation.identifiers import new_id

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
KEY = b"the key of the anchors, in a test"


def act(session: Session, number: int, *, at: datetime = NOW) -> None:
    record(
        session,
        actor_id=None,
        action="sample.receive",
        subject_kind="sample",
        subject_id=number,
        now=at,
        weight=number * 1.5,
        note="锦瑟",
    )


@pytest.fixture
def anchors(tmp_path: Path) -> Path:
    return tmp_path / "outside" / "audit.anchors"


@pytest.fixture
def first_id(session: Session, anchors: Path) -> int:
    """Nine entries sealed in three rounds, the head anchored after each."""
    for round_number in range(3):
        at = NOW + timedelta(minutes=round_number)
        for number in range(3):
            act(session, round_number * 3 + number, at=at)
        assert seal_new(session, now=at) == 3
        assert write_anchor(anchors, read_head(session), keys=[KEY], now=at)
    for table in ("audit_entries", "audit_seals"):
        # Whoever owns the tables can do this; the chain is for when somebody did.
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER only_grows"))
    return min(entry.id for entry in search(session, Search(), older_than=None, limit=50))


def test_anchors_outlive_the_key_they_were_written_under(
    session: Session, first_id: int, anchors: Path
) -> None:
    new = b"the key that follows it, in a test"
    assert first_id
    assert verify(session, anchors, keys=[new], now=NOW).forged_anchors == 3

    assert write_anchor(anchors, read_head(session), keys=[new, KEY], now=NOW)

    for keys in ([new, KEY], [new]):
        assert verify(session, anchors, keys=keys, now=NOW) == Verified(9, 3, 0, None)
    assert not write_anchor(anchors, read_head(session), keys=[new], now=NOW)
    with anchors.open("a", encoding="ascii") as file:
        file.write(anchor_line(Anchor(9, b"0" * 32), NOW, KEY))
    assert verify(session, anchors, keys=[new], now=NOW).forged_anchors == 1


def check(session: Session, anchors: Path, *, now: datetime = NOW) -> Verified:
    return verify(session, anchors, keys=[KEY], now=now)


def test_untouched_chain_is_sound(session: Session, first_id: int, anchors: Path) -> None:
    found = check(session, anchors)

    assert first_id
    assert found == Verified(sealed=9, anchors=3, forged_anchors=0, finding=None)
    assert seal_new(session, now=NOW) == 0
    assert not write_anchor(anchors, read_head(session), keys=[KEY], now=NOW)


def edit(session: Session, first: int) -> None:
    session.execute(
        text("UPDATE audit_entries SET detail = jsonb_set(detail, '{weight}', '2') WHERE id = :id"),
        {"id": first + 4},
    )


def delete(session: Session, first: int) -> None:
    session.execute(text("ALTER TABLE audit_seals DROP CONSTRAINT fk_audit_seals_entry_id"))
    session.execute(text("DELETE FROM audit_entries WHERE id = :id"), {"id": first + 4})


def reorder(session: Session, first: int) -> None:
    session.execute(text("ALTER TABLE audit_seals DROP CONSTRAINT uq_audit_seals_entry_id"))
    session.execute(
        text(
            "UPDATE audit_seals SET entry_id = CASE entry_id WHEN :a THEN :b ELSE :a END"
            " WHERE entry_id IN (:a, :b)"
        ),
        {"a": first + 4, "b": first + 6},
    )


def cut_off(session: Session, first: int) -> None:
    session.execute(text("DELETE FROM audit_seals WHERE entry_id > :id"), {"id": first + 3})
    session.execute(text("DELETE FROM audit_entries WHERE id > :id"), {"id": first + 3})


def insert(session: Session, first: int) -> None:
    """Slip an entry in at link 5, and forge that link so that it fits the one before."""
    act(session, 99)
    slipped = session.scalars(
        text("SELECT max(id) FROM audit_entries WHERE id > :id").bindparams(id=first)
    ).one()
    for position in range(9, 4, -1):
        session.execute(
            text("UPDATE audit_seals SET position = position + 1 WHERE position = :at"),
            {"at": position},
        )
    before = session.execute(text("SELECT hash FROM audit_seals WHERE position = 4")).scalar_one()
    entry = session.get_one(AuditEntry, slipped)
    session.execute(
        text("INSERT INTO audit_seals VALUES (5, :id, :at, :hash)"),
        {"id": slipped, "at": NOW, "hash": link(before, act_of(entry), 5, NOW)},
    )


@pytest.mark.parametrize(
    ("tamper", "fault", "position"),
    [
        pytest.param(edit, Fault.CHANGED, 5, id="edit"),
        pytest.param(delete, Fault.ENTRY_MISSING, 5, id="delete"),
        pytest.param(reorder, Fault.CHANGED, 5, id="reorder"),
        pytest.param(cut_off, Fault.CUT_OFF, 5, id="cut off the tail"),
        pytest.param(insert, Fault.CHANGED, 6, id="insert"),
    ],
)
def test_tampering_is_found_where_it_begins(
    *,
    session: Session,
    first_id: int,
    anchors: Path,
    tamper: Callable[[Session, int], None],
    fault: Fault,
    position: int,
) -> None:
    tamper(session, first_id)

    finding = check(session, anchors).finding

    assert finding is not None
    assert (finding.fault, finding.position) == (fault, position)
    if fault is Fault.CHANGED and tamper is edit:
        assert finding.entry_id == first_id + 4


def test_chain_made_anew_from_the_middle_disagrees_with_its_anchors(
    session: Session, first_id: int, anchors: Path
) -> None:
    """Whoever edits an entry and seals all after it again is caught by the file outside."""
    edit(session, first_id)
    session.execute(text("DELETE FROM audit_seals WHERE position >= 5"))
    for _ in range(2):
        seal_new(session, now=NOW + timedelta(minutes=1))

    finding = check(session, anchors).finding

    assert finding is not None
    assert (finding.fault, finding.position) == (Fault.NOT_AS_ANCHORED, 6)


def test_entry_slipped_in_with_an_old_date_is_found(
    session: Session, first_id: int, anchors: Path
) -> None:
    act(session, 99, at=NOW - timedelta(days=3))
    seal_new(session, now=NOW + timedelta(minutes=3))

    finding = check(session, anchors).finding

    assert finding is not None
    assert (finding.fault, finding.position) == (Fault.BACKDATED, 10)
    assert first_id


def test_forged_anchor_is_counted_and_believed_by_nobody(
    session: Session, first_id: int, anchors: Path
) -> None:
    lines = anchors.read_text().splitlines(keepends=True)
    anchors.write_text(lines[0] + lines[1].replace(" 6 ", " 7 ") + lines[2])

    found = check(session, anchors)

    assert first_id
    assert (found.anchors, found.forged_anchors, found.is_sound) == (2, 1, False)


def test_chain_nobody_continues_is_a_finding(
    session: Session, first_id: int, anchors: Path
) -> None:
    act(session, 100, at=NOW)

    finding = check(session, anchors, now=NOW + timedelta(hours=1)).finding

    assert finding is not None
    assert (finding.fault, finding.position) == (Fault.UNSEALED, 10)
    assert first_id


@pytest.mark.parametrize("table", ["audit_entries", "audit_seals"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET {} = {}", "DELETE FROM {} WHERE {} = {}"])
def test_nobody_changes_the_trail(session: Session, table: str, verb: str) -> None:
    column = "action" if table == "audit_entries" else "hash"

    with pytest.raises(IntegrityError, match="never changed"):
        session.execute(text(verb.format(table, column, column)))


def test_search_finds_by_whom_what_and_when(session: Session) -> None:
    actor = new_id()
    for number in range(3):
        act(session, number, at=NOW + timedelta(hours=number))
    record(
        session,
        actor_id=actor,  # type: ignore[arg-type] # any person will do
        action="sample.return",
        subject_kind="sample",
        subject_id=1,
        now=NOW,
    )

    def find(**wanted: object) -> list[tuple[str, str]]:
        found = search(session, Search(**wanted), older_than=None, limit=10)  # type: ignore[arg-type] # as named
        return [(entry.action, entry.subject_id) for entry in found]

    assert find(actor_id=actor) == [("sample.return", "1")]
    assert find(action="sample.re", subject_id="1") == [
        ("sample.return", "1"),
        ("sample.receive", "1"),
    ]
    assert find(after=NOW + timedelta(hours=2)) == [("sample.receive", "2")]
    assert find(before=NOW) == []
