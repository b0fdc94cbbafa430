"""Calendar documents against RFC 5545 by the letter, and the validator against broken ones."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from vobject.icalendar import registerTzid

from booking.feeds.rules import Entry, render
from booking.reservations.rules import Slot
from booking.reservations.states import ReservationState
from foundation.identifiers import ReservationId
from tests.rfc5545 import find_faults

Reads = Callable[[bytes], list[tuple[str, datetime, datetime, str, int]]]
QUARTER = timedelta(minutes=15)
ZONES = ("Asia/Shanghai", "Europe/Berlin", "Australia/Lord_Howe")
START = datetime(2030, 3, 30, 22, tzinfo=UTC)  # the night Berlin's clocks go forward


def entry(
    number: int = 1,
    *,
    state: ReservationState = ReservationState.RESERVED,
    zone: str = "Asia/Shanghai",
    text: str = "拉伸试验",
) -> Entry:
    return Entry(
        reservation_id=ReservationId(UUID(int=number)),
        slot=Slot(START, START + timedelta(hours=4)),
        state=state,
        revision=number,
        summary=text,
        location=text,
        description=text,
        zone=ZoneInfo(zone),
        created_at=START,
        changed_at=START,
    )


def document(*entries: Entry) -> bytes:
    return render("我的预约", entries, page="https://example.com/reservations")


def icalendar_reads(content: bytes) -> list[tuple[str, datetime, datetime, str, int]]:
    """Read it with the library that wrote it."""
    return [
        (
            str(one["UID"]),
            one.decoded("DTSTART").astimezone(UTC),
            one.decoded("DTEND").astimezone(UTC),
            str(one["SUMMARY"]),
            one.decoded("SEQUENCE"),
        )
        for one in Calendar.from_ical(content).walk("VEVENT")
    ]


def vobject_reads(content: bytes) -> list[tuple[str, datetime, datetime, str, int]]:
    """Read it with one that did not, which takes time zones from the document alone."""
    for zone in ZONES:
        registerTzid(zone, None)  # else it goes by the first definition it ever read
    calendar = vobject.readOne(content.decode())
    return [
        (
            one.uid.value,
            one.dtstart.value.astimezone(UTC),
            one.dtend.value.astimezone(UTC),
            one.summary.value,
            int(one.sequence.value),
        )
        for one in calendar.vevent_list
    ]


def test_feed_of_every_state_in_two_zones_is_flawless() -> None:
    entries = [
        entry(number, state=state, zone="Asia/Shanghai" if number % 2 else "Europe/Berlin")
        for number, state in enumerate(ReservationState, 1)
    ]

    assert find_faults(document(*entries)) == []


@pytest.mark.parametrize("reads", [icalendar_reads, vobject_reads])
@pytest.mark.parametrize(
    ("zone", "night"),
    [
        pytest.param("Asia/Shanghai", START, id="a zone whose clocks stay"),
        pytest.param("Europe/Berlin", START, id="clocks go forward"),
        pytest.param("Europe/Berlin", datetime(2030, 10, 26, 20, tzinfo=UTC), id="clocks go back"),
        pytest.param("Australia/Lord_Howe", datetime(2030, 4, 6, 12, tzinfo=UTC), id="by half"),
    ],
)
def test_two_readers_that_share_no_code_see_the_same_instants(
    reads: Reads, zone: str, night: datetime
) -> None:
    """Each quarter of the night, an entry: also where the clocks show no such time, or two."""
    entries = [
        replace(entry(number, zone=zone, text="拉伸, 试验; 一\n二"), slot=slot)
        for number, slot in enumerate(
            (Slot(at, at + QUARTER) for at in (night + n * QUARTER for n in range(32))), 1
        )
    ]

    assert reads(document(*entries)) == [
        (f"{one.reservation_id}@yixiang", one.slot.starts_at, one.slot.ends_at,
         "拉伸, 试验; 一\n二", one.revision)
        for one in entries
    ]  # fmt: skip


def test_empty_feed_is_flawless() -> None:
    assert find_faults(document()) == []


# What JSON over HTTP can bring and PostgreSQL stores: no NUL, no lone surrogates.
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=300)


@given(text=TEXTS)
def test_no_text_breaks_the_document(text: str) -> None:
    assert find_faults(document(entry(text=text))) == []


SOUND = document(entry())


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        pytest.param(SOUND.replace(b"\r\n", b"\n"), "the last line", id="bare LF"),
        pytest.param(SOUND.replace(b"VERSION:2.0\r\n", b""), "VERSION 0 times", id="no version"),
        pytest.param(
            SOUND.replace(b"BEGIN:VEVENT\r\n", b"BEGIN:VEVENT\r\nUID:2\r\n"),
            "UID 2 times",
            id="two of what is one",
        ),
        pytest.param(SOUND.replace(b"SUMMARY:", b"SUMMARY:a;b"), "not escaped", id="unescaped"),
        pytest.param(
            SOUND.replace(b"LOCATION:", b"LOCATION:" + b"x" * 75), "octets", id="too long a line"
        ),
        pytest.param(
            SOUND.replace(b"TZID:Asia/Shanghai", b"TZID:Asia/Tokyo"), "not defined", id="no zone"
        ),
        pytest.param(SOUND.replace(b"END:VEVENT\r\n", b""), "ends nothing", id="never ended"),
        pytest.param(SOUND.replace(b"CONFIRMED", b"BOOKED"), "STATUS", id="a state of our own"),
        pytest.param(
            SOUND.replace(b"DTEND;", b"X-END;").replace(b"DTSTART;TZID", b"DTEND;TZID"),
            "DTSTART 0 times",
            id="no start",
        ),
        pytest.param(SOUND.replace(b"DTSTAMP:2030", b"DTSTAMP:30"), "not in UTC", id="no stamp"),
        pytest.param(document(entry(1), entry(1)), "2 times", id="one UID twice"),
        pytest.param(SOUND + b"BEGIN:X\r\n", "never ends", id="something after it"),
    ],
)
def test_validator_sees_what_is_broken(broken: bytes, fault: str) -> None:
    assert any(fault in one for one in find_faults(broken)), find_faults(broken)
