"""Looking among ten thousand instruments: all that match are found, by few questions."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from billing.tariffs.prices import priced_within
from booking.calendars.tables import Closure
from booking.instruments.search import Order, Wanted, look_for
from booking.reservations.rules import Slot
from foundation.tenancy import Acting, enter
from tests import make
from tests.cast import Cast, assemble
from tests.leasing import DAY, HOUR, NOW

pytestmark = pytest.mark.full

NUMBER = 10_000
KINDS = ("mechanics", "thermal", "chromatography", "microscopy")
PAGE = 20
# Number n: kind by n % 4, region by n % 5, standard by n % 100, price by n % 10.
PLANT = text("""
INSERT INTO instruments (id, institution_id, code, name_zh, name_en, model, maker, category, region,
    location, description_zh, description_en, details, search_text, is_shared, condition, modes,
    grid_s, length_min_s, length_max_s, notice_min_s, horizon_s, set_up_s, cool_down_s, created_at)
SELECT gen_random_uuid(), :institution, 'N-' || lpad(n::text, 5, '0'), zh, en, model, '仪享', kind,
    (ARRAY['320281', '320200', '110000', '310000', '330100'])[n % 5 + 1], '', '', '',
    jsonb_build_object('standards', jsonb_build_array(standard)),
    lower(concat_ws(' ', zh, en, model, standard)), true, 'working', '["self_operated"]',
    900, 900, 28800, 0, 7776000, 0, 0, :now
FROM generate_series(0, :number - 1) AS n
CROSS JOIN LATERAL (SELECT CAST(:kinds AS text[]) AS kinds) AS k
CROSS JOIN LATERAL (SELECT k.kinds[n % 4 + 1] AS kind, 'YX-' || n AS model,
    'GB/T ' || 1000 + n % 100 AS standard,
    (ARRAY['万能试验机', '差示扫描量热仪', '液相色谱仪', '扫描电子显微镜'])[n % 4 + 1] AS zh,
    (ARRAY['Tensile tester', 'DSC', 'HPLC', 'Scanning microscope'])[n % 4 + 1] AS en) AS named
""")
PRICE = text("""
INSERT INTO tariffs (id, instrument_id, institution_id, version, valid, currency, per_hour_fen,
    billed_min_s, billed_step_s, minimum_fen, created_at)
SELECT gen_random_uuid(), id, institution_id, 1, tstzrange('2020-01-01', NULL), 'CNY',
    (right(code, 1)::int + 1) * 10000, 900, 900, 0, :now FROM instruments
""")
TAKE = text("""
INSERT INTO reservations (id, instrument_id, institution_id, enterprise_id, holder_id, during,
    blocked, state, purpose, created_at)
SELECT gen_random_uuid(), i.id, i.institution_id, :enterprise, :holder,
    tstzrange(:starts_at, :ends_at), tstzrange(:starts_at, :ends_at), 'reserved', '', :now
FROM instruments i WHERE right(code, 1) <> '7'
""")


class Place:
    """Ten thousand instruments, and how many questions a search asked."""

    def __init__(self, session: Session, cast: Cast) -> None:
        self.session, self.cast = session, cast
        self.asked = 0

    def numbers(self, wanted: Wanted, *, offset: int = 0, limit: int = PAGE) -> list[int]:
        self.asked = 0
        found = look_for(self.session, wanted, now=NOW, offset=offset, limit=limit)
        return [int(book.instrument.code.removeprefix("N-")) for book in found]


@pytest.fixture
def place(connection: Connection, engine: Engine) -> Iterator[Place]:
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        cast = assemble(session)
        planted = {"institution": cast.institution.id, "number": NUMBER, "kinds": list(KINDS)}
        session.execute(PLANT, {**planted, "now": make.LONG_AGO})
        session.execute(PRICE, {"now": make.LONG_AGO})
        session.execute(text("ANALYZE instruments, tariffs"))
        place = Place(session, cast)

        def count(*_: object) -> None:
            place.asked += 1

        event.listen(engine, "before_cursor_execute", count)
        yield place
        event.remove(engine, "before_cursor_execute", count)


def test_each_filter_finds_all_that_match_and_nothing_else(place: Place) -> None:
    all_of = range(NUMBER)
    enter(place.session, Acting())
    for wanted, expected in (
        (Wanted(q="试验"), [n for n in all_of if n % 4 == 0]),
        (Wanted(q="microscope 扫描"), [n for n in all_of if n % 4 == 3]),
        (Wanted(q="yx-4711"), [4711]),
        (Wanted(category="physical"), [n for n in all_of if n % 4 < 2]),
        (Wanted(region="3202"), [n for n in all_of if n % 5 < 2]),
        (Wanted(standard="GB/T1042"), [n for n in all_of if n % 100 == 42]),
        (
            Wanted(among=priced_within(20_000, 30_000, at=NOW)),
            [n for n in all_of if n % 10 in {1, 2}],
        ),
        (
            Wanted(
                q="色谱", region="11", standard="GB/T 1062",
                among=priced_within(None, 30_000, at=NOW), category="analysis",
            ),
            [n for n in all_of if n % 20 == 2 and n % 100 == 62],
        ),
    ):  # fmt: skip
        assert place.numbers(wanted) == expected[:PAGE]
        assert place.asked <= 3
        assert place.numbers(wanted, limit=NUMBER) == expected


def test_last_page_is_there_however_far(place: Place) -> None:
    assert place.numbers(Wanted(), offset=NUMBER - 5) == list(range(NUMBER - 5, NUMBER))
    assert place.asked <= 3


def test_free_between_looks_past_a_thousand_that_are_taken_or_shut(place: Place) -> None:
    wanted = Slot(NOW + DAY, NOW + DAY + 2 * HOUR)
    place.session.execute(
        TAKE,
        {
            "enterprise": place.cast.enterprise.id,
            "holder": place.cast.alice.id,
            "starts_at": wanted.starts_at,
            "ends_at": wanted.ends_at,
            "now": NOW,
        },
    )
    shut = place.session.execute(
        text("SELECT id, institution_id FROM instruments WHERE code LIKE 'N-00%7'")
    ).all()
    place.session.add_all(
        Closure(
            instrument_id=instrument_id,
            institution_id=institution_id,
            during=Range(wanted.starts_at, wanted.ends_at + DAY),
            kind="maintenance",
            reason_zh="",
            reason_en="",
            details={},
            created_at=NOW,
        )
        for instrument_id, institution_id in shut
    )
    place.session.flush()
    free = [n for n in range(NUMBER) if n % 10 == 7]

    assert place.numbers(Wanted(free=wanted)) == [n for n in free if n >= NUMBER // 10][:PAGE]
    soonest = place.numbers(Wanted(free=wanted, order=Order.NEXT_FREE))
    assert len(soonest) == PAGE
    assert all(n % 10 == 7 for n in soonest)
    assert place.asked <= 12
