"""What people are told of their reservations: the right person, once, in both languages."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from booking.attendance.service import notice_penalty
from booking.notices.queries import FINDS, list_occasions
from booking.notices.rules import WORDS, Facts, Kind, write
from booking.notices.service import tell
from booking.reservations.attending import check_in, end_over, interrupt
from booking.reservations.cancelling import cancel
from booking.reservations.changing import reschedule
from booking.reservations.clockwork import expire, mark_missed
from booking.reservations.deciding import accept_time, approve, reject, retime
from booking.reservations.rules import Slot, Wish
from booking.usage.service import meter
from booking.waitlists.service import join, offer_next
from directory.notices.posting import list_unposted, post_notice
from directory.notices.service import mark_all_read
from directory.notices.tables import Notice
from directory.people.tables import Person
from directory.privacy.vault import Vault
from directory.registrations.tables import Message, PersonIdentity
from foundation.encryption import KeyRing, Place, open_key_ring
from foundation.identifiers import RunId
from foundation.settings import Settings
from jobs import post_notices, tell_people
from telemetry.runs.tables import Run
from tests import make
from tests.leasing import DAY, HOUR, NOW, ZONE, Lab, furnish

MINUTE = timedelta(minutes=1)
STARTS = NOW + DAY
ENDS = STARTS + 2 * HOUR


@pytest.fixture
def lab(session: Session) -> Lab:
    return furnish(session)


def told(lab: Lab, now: datetime) -> list[tuple[str, Person]]:
    """Tell what there is to tell, twice; return what was told of whom."""
    for _ in range(2):
        for occasion in list_occasions(lab.session, now=now):
            tell(lab.session, occasion, now=now)
    people = {
        person.id: person for person in (lab.cast.alice, lab.cast.carol, lab.cast.bob, lab.cast.mei)
    }
    notices = lab.session.scalars(select(Notice).order_by(Notice.kind)).all()
    return [(notice.kind, people[notice.person_id]) for notice in notices]


def text_of(lab: Lab) -> str:
    notice = lab.session.scalars(select(Notice)).one()
    return f"{notice.text_zh} {notice.text_en}"


def test_approved_is_told_once_with_the_time_by_the_labs_clock(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve()
    approve(session, asked.id, by=lab.caller("mei"), now=NOW)

    assert told(lab, NOW) == [("approved", lab.cast.alice)]
    assert text_of(lab) == (
        "预约已批准:高效液相色谱仪,2030-01-08 09:00–11:00。 Approved: HPLC, 2030-01-08 09:00–11:00."
    )


def test_rejected_says_why(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve()
    reject(session, asked.id, by=lab.caller("mei"), reason="样品不适合", now=NOW)

    assert told(lab, NOW) == [("rejected", lab.cast.alice)]
    assert "样品不适合。 Not approved" in text_of(lab)


def test_retimed_names_the_offered_time_and_until_when(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve(3 * DAY)
    other = Wish(NOW + 4 * DAY, NOW + 4 * DAY + HOUR)
    retime(session, asked.id, other, by=lab.caller("mei"), reason="维护", now=NOW)

    assert told(lab, NOW) == [("retimed", lab.cast.alice)]
    assert "2030-01-11 09:00–10:00。请在 2030-01-08 09:00 前答复。维护。" in text_of(lab)


def test_whoever_answered_an_offered_time_is_not_told_to_answer(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve(3 * DAY)
    other = Wish(NOW + 4 * DAY, NOW + 4 * DAY + HOUR)
    retime(session, asked.id, other, by=lab.caller("mei"), reason="维护", now=NOW)
    accept_time(session, asked.id, by=lab.caller("alice"), now=NOW)

    assert told(lab, NOW) == []


def test_moved_by_the_lab_is_told_at_once_but_not_moved_by_oneself(
    session: Session, lab: Lab
) -> None:
    asked = lab.reserve()
    later = Wish(NOW + 2 * DAY, NOW + 2 * DAY + HOUR)
    reschedule(session, asked.id, later, by=lab.caller("alice"), now=NOW)
    assert told(lab, NOW) == []

    reschedule(session, asked.id, Wish(STARTS, ENDS), by=lab.caller("bob"), now=NOW)
    assert told(lab, NOW) == [("moved", lab.cast.alice)]


@pytest.mark.parametrize(
    ("who", "expected"), [("alice", []), ("bob", ["cancelled_by_lab"])], ids=["own", "the lab's"]
)
def test_cancelling_is_told_when_it_was_the_labs(
    session: Session, lab: Lab, who: str, expected: list[str]
) -> None:
    asked = lab.reserve()
    cancel(session, asked.id, by=lab.caller(who), reason="停电", now=NOW)

    assert [kind for kind, _ in told(lab, NOW)] == expected


def test_request_that_ran_out_is_told_but_no_hold(session: Session, lab: Lab) -> None:
    hold = lab.hold()
    assert expire(session, hold.id, now=NOW + HOUR)
    assert told(lab, NOW + HOUR) == []

    lab.says(needs_approval=True)
    asked = lab.reserve(now=NOW + HOUR)
    assert expire(session, asked.id, now=STARTS)
    assert told(lab, STARTS) == [("expired", lab.cast.alice)]


def test_no_show_and_the_ban_that_follows(session: Session, lab: Lab) -> None:
    lab.says(punished_after=1)
    asked = lab.reserve()
    late = STARTS + 30 * MINUTE
    mark_missed(session, asked.id, now=late)
    notice_penalty(session, asked.id, now=late)

    assert told(lab, late) == [("no_show", lab.cast.alice), ("penalty", lab.cast.alice)]


def test_reminder_comes_before_the_start_and_again_for_another_time(
    session: Session, lab: Lab
) -> None:
    asked = lab.reserve()

    assert told(lab, STARTS - 2 * HOUR - MINUTE) == []
    assert told(lab, STARTS - 2 * HOUR) == [("reminder", lab.cast.alice)]
    later = Wish(STARTS + DAY, ENDS + DAY)
    reschedule(session, asked.id, later, by=lab.caller("alice"), now=STARTS - HOUR)
    assert len(told(lab, STARTS)) == 1
    assert len(told(lab, STARTS + DAY - HOUR)) == 2


@pytest.mark.parametrize(
    ("reminder_s", "made_before"),
    [pytest.param(0, DAY, id="switched off"), pytest.param(7200, HOUR, id="reserved an hour ago")],
)
def test_nobody_is_reminded_needlessly(lab: Lab, reminder_s: int, made_before: timedelta) -> None:
    lab.says(reminder_s=reminder_s)
    lab.reserve(now=STARTS - made_before)

    assert told(lab, STARTS - MINUTE) == []


def test_next_in_line_is_told_of_the_offer_and_the_others_that_time_is_free(
    session: Session, lab: Lab
) -> None:
    taken = lab.reserve()
    window = Wish(STARTS, ENDS)
    entry = join(session, lab.instrument.id, window, 2 * HOUR, by=lab.caller("carol"), now=NOW)
    bob_like = make.person(session, enterprise=lab.cast.other_enterprise)
    lab.cast = type(lab.cast)(**{**vars(lab.cast), "bob": bob_like})
    join(session, lab.instrument.id, window, HOUR, by=lab.caller("bob"), now=NOW)
    cancel(session, taken.id, by=lab.caller("alice"), reason="", now=NOW + MINUTE)
    assert offer_next(session, entry.id, now=NOW + MINUTE)

    assert told(lab, NOW + MINUTE) == [("next_in_line", lab.cast.carol)]
    assert told(lab, NOW + 2 * MINUTE) == [
        ("next_in_line", lab.cast.carol),
        ("slot_freed", bob_like),
    ]
    freed = session.scalars(select(Notice).where(Notice.kind == "slot_freed")).one()
    assert freed.subject_id is None  # whose it was is not theirs to know


def run_over(lab: Lab) -> None:
    """Alice's use goes on after her slot; Carol comes next."""
    session = lab.session
    device = make.device(session, institution=lab.institution)
    make.link(session, lab.instrument, device)
    alices = lab.reserve()
    lab.reserve(DAY + 2 * HOUR, who="carol")
    check_in(session, alices.id, by=lab.caller("alice"), now=STARTS)
    assert end_over(session, alices.id, now=ENDS)
    session.add(
        Run(
            id=RunId(uuid4()),
            device_id=device.id,
            session="s",
            boot="b",
            lease=None,
            state="open",
            started_at=STARTS,
            last_at=ENDS + 5 * MINUTE,
            ended_at=None,
            metered_ms=1,
            cycles=0,
            energy_wh=0,
            coverage_permille=1000,
            updated_at=ENDS,
        )
    )
    session.flush()


def test_overtime_is_told_to_both_and_the_next_is_not_missed(lab: Lab) -> None:
    run_over(lab)

    assert told(lab, ENDS + 6 * MINUTE) == [
        ("overtime", lab.cast.alice),
        ("overtime_before_yours", lab.cast.carol),
    ]


def test_run_long_silent_is_no_overtime(lab: Lab) -> None:
    run_over(lab)

    assert told(lab, ENDS + 9 * MINUTE) == []


def test_who_comes_after_a_fault_is_warned_until_it_is_mended(session: Session, lab: Lab) -> None:
    broken = lab.reserve()
    lab.reserve(2 * DAY, who="carol")
    lab.reserve(10 * DAY, who="carol")
    check_in(session, broken.id, by=lab.caller("alice"), now=STARTS)
    interrupt(session, broken.id, by=lab.caller("bob"), reason="油泵故障", now=STARTS + HOUR)

    assert told(lab, STARTS + HOUR) == [("instrument_faulty", lab.cast.carol)]


def test_metered_use_says_until_when_one_may_object(session: Session, lab: Lab) -> None:
    make.link(session, lab.instrument, make.device(session, institution=lab.institution))
    used = lab.reserve()
    check_in(session, used.id, by=lab.caller("alice"), now=STARTS)
    assert end_over(session, used.id, now=ENDS)
    assert meter(session, used.id, now=ENDS + HOUR)

    assert told(lab, ENDS + HOUR) == [("metered", lab.cast.alice)]
    assert "2030-01-09 12:00" in text_of(lab)


def test_old_news_is_no_news(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve(9 * DAY)
    reject(session, asked.id, by=lab.caller("mei"), reason="", now=NOW)

    assert told(lab, NOW + 3 * DAY) == []


def test_job_tells_and_the_mailbox_gets_it_once(
    session: Session,
    session_factory: sessionmaker[Session],
    lab: Lab,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("YIXIANG_DATABASE_URL", "postgresql://nobody@127.0.0.1/none")
    monkeypatch.setenv("YIXIANG_SECRET_KEY", "a secret for tests, long and mixed enough")
    lab.says(needs_approval=True)
    asked = lab.reserve()
    approve(session, asked.id, by=lab.caller("mei"), now=NOW)
    give_mailbox(session, lab.cast.alice)
    session.commit()

    outcomes = [tell_people.run(session_factory, NOW) for _ in range(2)]
    posted = [post_notices.run(session_factory, NOW) for _ in range(2)]

    assert [outcome.changed for outcome in outcomes] == [1, 0]
    assert [outcome.changed for outcome in posted] == [1, 0]
    assert len(session.scalars(select(Message)).all()) == 1


def give_mailbox(session: Session, person: Person) -> None:
    ring = open_key_ring(Settings.read())
    sealed = {
        column: Vault(session, ring).seal(
            f"{column}@example.com",
            subject=person.id,
            place=Place("person_identities", column, str(person.id)),
            now=NOW,
        )
        for column in ("real_name", "identity_number", "phone", "email")
    }
    indexes = {f"{name}_index": b"" for name in ("identity", "phone", "email")}
    session.add(PersonIdentity(person_id=person.id, **sealed, **indexes))
    session.flush()


def test_notice_without_a_mailbox_is_done_and_stays_to_be_read(session: Session, lab: Lab) -> None:
    lab.says(needs_approval=True)
    asked = lab.reserve()
    reject(session, asked.id, by=lab.caller("mei"), reason="", now=NOW)
    told(lab, NOW)

    ring = KeyRing.__new__(KeyRing)
    for notice_id in list_unposted(session):
        assert not post_notice(session, notice_id, now=NOW, ring=ring)

    assert list_unposted(session) == []
    assert mark_all_read(session, reader=lab.cast.alice.id, now=NOW) == 1
    assert mark_all_read(session, reader=lab.cast.alice.id, now=NOW) == 0


def test_each_kind_has_words_in_both_languages() -> None:
    facts = Facts(
        "显微镜", "Microscope", ZONE, Slot(NOW, NOW + DAY), NOW, reason_zh="因为。", reason_en="so"
    )

    assert set(WORDS) == set(Kind)
    assert len(FINDS) == 11
    for kind in Kind:
        zh, en = write(kind, facts)
        assert "{" not in zh + en
        assert en.isascii() or "–" in en
        assert zh != en


def test_slot_over_midnight_names_both_days() -> None:
    facts = Facts("显微镜", "", ZONE, Slot(NOW, NOW + DAY))

    assert write(Kind.REMINDER, facts)[1].startswith(
        "Coming up: 显微镜, 2030-01-07 09:00–2030-01-08 09:00."
    )


def test_manager_is_told_of_a_calibration_a_month_and_a_week_before(
    session: Session, lab: Lab
) -> None:
    lab.instrument.calibrated_until = date(2030, 2, 7)
    session.flush()
    mei = lab.cast.mei

    assert told(lab, NOW - DAY) == []
    assert told(lab, NOW + DAY) == [("calibration_due", mei)]
    assert told(lab, NOW + 24 * DAY) == [("calibration_due", mei), ("calibration_due", mei)]
    assert told(lab, NOW + 32 * DAY) == [("calibration_due", mei), ("calibration_due", mei)]
