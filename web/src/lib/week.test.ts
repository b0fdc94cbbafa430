import { expect, it } from "vitest";

import { clockOf, clockTimes, isSound, toLines, toWindows, type Window, windowsOn } from "./week";

const day = (weekday: number, opens: number, closes: number, surcharge_permille = 0): Window =>
  ({ weekday, opens_s: opens * 3600, closes_s: closes * 3600, is_extended: surcharge_permille > 0, surcharge_permille });

it("says the same hours of several weekdays in one line, and takes them apart again", () => {
  const windows = [day(1, 8, 17), day(1, 17, 22, 500), day(2, 8, 17), day(5, 8, 17)];
  const lines = toLines(windows);
  expect(lines.map((one) => [one.weekdays, one.opens_s / 3600, one.surcharge_permille])).toEqual([[[1, 2, 5], 8, 0], [[1], 17, 500]]);
  expect(toWindows(lines)).toEqual(windows);
});

it("refuses a line of no day and one that ends before it begins", () => {
  expect(isSound({ weekdays: [1], opens_s: 0, closes_s: 86_400 })).toBe(true);
  expect(isSound({ weekdays: [], opens_s: 0, closes_s: 3600 })).toBe(false);
  expect(isSound({ weekdays: [1], opens_s: 3600, closes_s: 3600 })).toBe(false);
});

it("writes the end of a day as 24:00 and keeps an odd time among those offered", () => {
  expect([clockOf(0), clockOf(30_600), clockOf(86_400)]).toEqual(["00:00", "08:30", "24:00"]);
  expect(clockTimes(3600)).toHaveLength(49);
  expect(clockTimes(600)).toContain(600);
});

it("lets a date's own hours win, none meaning shut, and no hours at all day and night", () => {
  const hours = [day(1, 8, 17)];
  const shut = { day: "2026-05-04", opens_s: null, closes_s: null, surcharge_permille: 0 };
  expect(windowsOn("2026-05-04", 0, hours, [])).toEqual(hours);
  expect(windowsOn("2026-05-04", 0, hours, [shut])).toEqual([]);
  expect(windowsOn("2026-05-04", 0, hours, [{ ...shut, opens_s: 32_400, closes_s: 36_000, surcharge_permille: 500 }])?.[0]?.is_extended).toBe(true);
  expect(windowsOn("2026-05-05", 1, hours, [])).toEqual([]);
  expect(windowsOn("2026-05-05", 1, [], [])).toBeNull();
});
