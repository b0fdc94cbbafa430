import { describe, expect, it } from "vitest";

import { appendPoint, asLiveState, byNeed, formatUnit, formatValue } from "./live";

it("puts what needs a hand first", () => {
  const wall = [
    { name: "b", state: "idle" },
    { name: "a", state: "idle" },
    { name: "c", state: "running" },
    { name: "d", state: "fault" },
    { name: "e", state: "offline" },
  ].sort(byNeed);
  expect(wall.map((one) => one.name)).toEqual(["e", "d", "c", "a", "b"]);
});

it("takes an unknown state for offline, never for well", () => {
  expect(asLiveState("splendid")).toBe("offline");
  expect(asLiveState(null)).toBe("offline");
});

describe("values", () => {
  it.each([
    [36.914, "36.91"],
    [0.1234, "0.123"],
    [182340022, "182,340,022"],
    [1512.44, "1,512"],
    [0, "0"],
    [null, "—"],
    [Number.NaN, "—"],
    [true, "1"],
    [0.00001, "1.00e-5"],
  ])("%s is written %s", (value, text) => expect(formatValue(value)).toBe(text));
  it("wear units people know", () => {
    expect(formatUnit("Cel")).toBe("°C");
    expect(formatUnit("1")).toBe("");
    expect(formatUnit("kN")).toBe("kN");
  });
});

it("keeps a chart's points in order and few", () => {
  let points: (readonly [number, number])[] = [];
  for (const at of [1, 2, 2, 1, 3, 4]) points = appendPoint(points, at, at * 10, 3);
  expect(points).toEqual([
    [2, 20],
    [3, 30],
    [4, 40],
  ]);
});
