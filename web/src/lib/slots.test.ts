import { describe, expect, it } from "vitest";

import { alternatives, byDay, endsAfter, laterEnds, snap, startsWithin, withOwn } from "./slots";
import { HOUR, MINUTE } from "./time";

const day = Date.parse("2026-11-23T00:00:00Z");
const at = (hour: number, minute = 0): number => day + hour * HOUR + minute * MINUTE;
const rules = { grid_minutes: 30, length_min_minutes: 60, length_max_minutes: 240 };
const free = [
  { from: at(1, 10), to: at(3) },
  { from: at(5), to: at(12) },
];

describe("start times", () => {
  it("lie on the grid and leave room for the shortest slot", () => {
    const starts = startsWithin(free, { from: day, to: at(6) }, rules);
    expect(starts).toEqual([at(1, 30), at(2), at(5), at(5, 30)]);
  });
  it("are none where nothing is free", () => {
    expect(startsWithin([], { from: day, to: at(24) }, rules)).toEqual([]);
  });
});

describe("end times", () => {
  it("stop at the end of the free time", () => {
    expect(endsAfter(free, at(1, 30), rules)).toEqual([at(2, 30), at(3)]);
  });
  it("stop at the longest slot", () => {
    expect(endsAfter(free, at(5), rules).at(-1)).toBe(at(9));
  });
  it("are none for a start that is taken", () => {
    expect(endsAfter(free, at(4), rules)).toEqual([]);
  });
});

describe("alternatives to a taken slot", () => {
  it("have its length, come nearest, and are shown in order of time", () => {
    const found = alternatives(free, { from: at(3), to: at(4) }, rules);
    expect(found).toEqual([
      { from: at(2), to: at(3) },
      { from: at(5), to: at(6) },
    ]);
  });
  it("leave out spans that are too short", () => {
    expect(alternatives(free, { from: at(3), to: at(7) }, rules)).toEqual([{ from: at(5), to: at(9) }]);
  });
});

it("lists free time by the lab's own days", () => {
  const evening = Date.parse("2026-11-22T12:00:00Z"); // 20:00 in Shanghai
  const found = byDay([{ from: evening, to: evening + 6 * HOUR }], "Asia/Shanghai");
  expect(found).toEqual([
    { day: "2026-11-22", spans: [{ from: evening, to: evening + 4 * HOUR }] },
    { day: "2026-11-23", spans: [{ from: evening + 4 * HOUR, to: evening + 6 * HOUR }] },
  ]);
});

it("snaps a drag outwards to the grid", () => {
  expect(snap({ from: at(5, 10), to: at(6, 5) }, rules)).toEqual({ from: at(5), to: at(6, 30) });
});

it("gives one's own slot back to the free time it touches", () => {
  const own = { from: at(3), to: at(4) };
  expect(withOwn(free, own)).toEqual([{ from: at(1, 10), to: at(4) }, { from: at(5), to: at(12) }]);
  expect(withOwn([], own)).toEqual([own]);
});

describe("later ends", () => {
  it("stop where the next person begins", () => {
    const own = { from: at(1), to: at(2, 10) };
    expect(laterEnds(own, [{ from: at(3, 30), to: at(5) }, { from: at(0), to: at(1) }], 30 * MINUTE)).toEqual([at(2, 30), at(3), at(3, 30)]);
  });
  it("are none when somebody follows at once", () => {
    expect(laterEnds({ from: at(1), to: at(2) }, [{ from: at(2), to: at(5) }], 30 * MINUTE)).toEqual([]);
  });
});
