import { expect, it } from "vitest";

import { fromTyped, GROUPS, NUMBERS, SWITCHES, toTyped, withTerm } from "./terms";

it("counts in what people type and back in what is stored", () => {
  expect(toTyped(86_400, "hours")).toBe(24);
  expect(toTyped(500, "percent")).toBe(50);
  expect(toTyped(null, "hours")).toBeNull();
  expect(fromTyped(0.5, "hours")).toBe(1800);
  expect(fromTyped(12.34, "yuan")).toBe(1234);
});

it("offers every number and every switch in exactly one group", () => {
  const offered = Object.values(GROUPS).flat() as string[];
  expect(new Set(offered).size).toBe(offered.length);
  for (const name of [...Object.keys(NUMBERS), ...SWITCHES]) expect(offered).toContain(name);
});

it("takes a term back when nothing is said of it", () => {
  expect(withTerm({ gap_s: 60, open_max: 2 }, "gap_s", null)).toEqual({ open_max: 2 });
  expect(withTerm({}, "needs_funds", false)).toEqual({ needs_funds: false });
});
