import random
from itertools import pairwise

import pytest

from gateways.modbus.planner import Cuts, Limits, plan
from gateways.modbus.registers import WORDS_OF, Encoding, Table, Tag


def tag(address: int, encoding: Encoding = Encoding.UINT16, table: Table = Table.HOLDING) -> Tag:
    return Tag(f"{table}_{address}", table, address, encoding)


def spans(tags: list[Tag], limits: Limits, cuts: Cuts | None = None) -> list[tuple[int, int]]:
    return [(layout.address, layout.count) for layout in plan(tags, limits, cuts)]


@pytest.mark.parametrize(
    ("tags", "limits", "expected"),
    [
        pytest.param([tag(0), tag(1), tag(2)], Limits(), [(0, 3)], id="neighbours are one request"),
        pytest.param([tag(2), tag(0)], Limits(hole_max=1), [(0, 3)], id="a small hole is read too"),
        pytest.param([tag(3), tag(0)], Limits(hole_max=1), [(0, 1), (3, 1)], id="a big one is not"),
        pytest.param(
            [tag(0), tag(124), tag(125)],
            Limits(hole_max=200),
            [(0, 125), (125, 1)],
            id="125 registers and no more",
        ),
        pytest.param(
            [tag(0), tag(1, Encoding.UINT64)],
            Limits(registers_max=4),
            [(0, 1), (1, 4)],
            id="a tag is never split",
        ),
        pytest.param(
            [tag(0, table=Table.INPUT), tag(1)],
            Limits(),
            [(1, 1), (0, 1)],
            id="two tables are two requests",
        ),
        pytest.param(
            [tag(0, Encoding.UINT64), tag(1), tag(3)], Limits(), [(0, 4)], id="tags may overlap"
        ),
        pytest.param(
            [Tag("a", Table.COIL, 0, Encoding.BOOL), Tag("b", Table.COIL, 1999, Encoding.BOOL)],
            Limits(hole_max=5000),
            [(0, 2000)],
            id="2,000 bits",
        ),
        pytest.param(
            [Tag("a", Table.COIL, 0, Encoding.BOOL), Tag("b", Table.COIL, 2000, Encoding.BOOL)],
            Limits(hole_max=5000),
            [(0, 1), (2000, 1)],
            id="and no more",
        ),
        pytest.param([], Limits(), [], id="nothing to read"),
    ],
)
def test_tags_are_merged(tags: list[Tag], limits: Limits, expected: list[tuple[int, int]]) -> None:
    assert spans(tags, limits) == expected


def test_refused_request_is_cut_at_its_holes_first() -> None:
    tags, limits, cuts = [tag(0), tag(1), tag(4), tag(5)], Limits(), Cuts()

    assert cuts.learn(plan(tags, limits)[0])

    assert spans(tags, limits, cuts) == [(0, 2), (4, 2)]


def test_refused_request_without_holes_is_halved_until_the_absent_tag_stands_alone() -> None:
    tags, limits, cuts = [tag(i) for i in range(8)], Limits(), Cuts()
    absent = 5

    for _ in range(10):
        refused = [p for p in plan(tags, limits, cuts) if p.address <= absent < p.address + p.count]
        if not cuts.learn(refused[0]):
            break

    assert (absent, 1) in spans(tags, limits, cuts)
    assert len(spans(tags, limits, cuts)) <= 5


def test_request_for_one_tag_has_nothing_to_cut() -> None:
    assert not Cuts().learn(plan([tag(3, Encoding.FLOAT64)], Limits())[0])


def fewest(tags: list[Tag], limits: Limits) -> int:
    """Find the fewest requests by trying every division of the sorted tags."""
    ordered = sorted(tags, key=lambda t: t.address)
    best = [0] + [10**6] * len(ordered)
    for end in range(1, len(ordered) + 1):
        for start in range(end):
            part = ordered[start:end]
            gaps = [b.address - a.end for a, b in pairwise(part)]
            span = max(t.end for t in part) - part[0].address
            if span <= limits.registers_max and all(g <= limits.hole_max for g in gaps):
                best[end] = min(best[end], best[start] + 1)
    return best[-1]


def test_no_division_needs_fewer_requests() -> None:
    chance = random.Random(7)
    encodings = sorted(set(WORDS_OF) - {Encoding.BIT})
    for _ in range(100):
        address, tags = 0, []
        for _ in range(chance.randrange(1, 14)):
            address += chance.randrange(6)
            tags.append(tag(address, chance.choice(encodings)))
            address = tags[-1].end
        limits = Limits(registers_max=chance.randrange(4, 16), hole_max=chance.randrange(5))

        layouts = plan(tags, limits)

        assert len(layouts) == fewest(tags, limits)
        read = [t for layout in layouts for t in layout.tags]
        assert sorted(t.address for t in read) == sorted(t.address for t in tags)
        for layout in layouts:
            assert layout.count <= limits.registers_max
            assert all(
                layout.address <= t.address and t.end <= layout.address + layout.count
                for t in layout.tags
            )
