"""Which requests read a set of tags: as few as the device allows. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from gateways.modbus.layout import Layout
from gateways.modbus.registers import Table, Tag


@dataclass(frozen=True, slots=True)
class Limits:
    """What one device accepts in a request."""

    registers_max: int = 125
    bits_max: int = 2000
    hole_max: int = 16  # unused registers or bits worth reading to save a request

    def longest(self, table: Table) -> int:
        return self.bits_max if table.has_bits else self.registers_max


@dataclass(slots=True)
class Cuts:
    """Addresses a request may begin at but never reach across: learned from exception 2."""

    at: set[tuple[Table, int]] = field(default_factory=set)

    def learn(self, layout: Layout) -> bool:
        """Take the lesson of a refused request; False where there is nothing left to cut.

        A hole is the likeliest culprit, so all holes go first; a request without one is
        halved between two tags until the absent tag stands alone.
        """
        tags = sorted(layout.tags, key=lambda tag: tag.address)
        borders, holes, reached = [], [], tags[0].end
        for tag in tags[1:]:
            if tag.address >= reached:
                borders.append((layout.table, tag.address))
            if tag.address > reached:
                holes.append((layout.table, tag.address))
            reached = max(reached, tag.end)
        if holes:
            self.at.update(holes)
        elif borders:
            self.at.add(borders[len(borders) // 2])
        return bool(borders)


def plan(tags: Iterable[Tag], limits: Limits, cuts: Cuts | None = None) -> list[Layout]:
    """Merge neighbouring tags into the fewest requests; a tag is never split.

    Going up the addresses and filling each request to its limit is the fewest there can be.
    """
    never = cuts.at if cuts else set()
    layouts: list[Layout] = []
    group: list[Tag] = []
    start = end = 0

    def close() -> None:
        if group:
            layouts.append(Layout(group[0].table, start, end - start, group))
            group.clear()

    for tag in sorted(tags, key=lambda tag: (tag.table, tag.address, tag.end)):
        fits = (
            bool(group)
            and tag.table is group[0].table
            and tag.address - end <= limits.hole_max
            and max(end, tag.end) - start <= limits.longest(tag.table)
            and ((tag.table, tag.address) not in never or tag.address < end)
        )
        if not fits:
            close()
            start, end = tag.address, tag.address
        group.append(tag)
        end = max(end, tag.end)
    close()
    return layouts
