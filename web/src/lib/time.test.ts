import { describe, expect, it } from "vitest";

import {
  addDays,
  dayFromKey,
  dayKey,
  daysBetween,
  formatAge,
  formatLength,
  formatSpan,
  fromWall,
  fromWallIso,
  HOUR,
  isDayKey,
  toWallIso,
  weekday,
  zoneOffset,
} from "./time";

const SHANGHAI = "Asia/Shanghai";
const BERLIN = "Europe/Berlin";
const at = (text: string): number => Date.parse(text);

describe("the lab's wall clock", () => {
  it("is found from an instant and back", () => {
    const instant = at("2026-11-22T17:30:00Z");
    expect(toWallIso(instant, SHANGHAI)).toBe("2026-11-23T01:30:00");
    expect(fromWallIso("2026-11-23T01:30:00", SHANGHAI)).toBe(instant);
  });

  it("shows midnight as 00, never 24", () => {
    expect(toWallIso(at("2026-11-22T16:00:00Z"), SHANGHAI)).toBe("2026-11-23T00:00:00");
  });

  it("is right on both sides of a change of summer time", () => {
    const spring = { year: 2026, month: 3, day: 29, minute: 0 };
    expect(fromWall({ ...spring, hour: 1 }, BERLIN)).toBe(at("2026-03-29T00:00:00Z"));
    expect(fromWall({ ...spring, hour: 3 }, BERLIN)).toBe(at("2026-03-29T01:00:00Z"));
    expect(fromWall({ year: 2026, month: 10, day: 25, hour: 12, minute: 0 }, BERLIN)).toBe(
      at("2026-10-25T11:00:00Z"),
    );
  });

  it("says its offset", () => {
    expect(zoneOffset(at("2026-11-20T00:00:00Z"), SHANGHAI)).toBe("UTC+8");
    expect(zoneOffset(at("2026-11-20T00:00:00Z"), "Asia/Kolkata")).toBe("UTC+5:30");
  });
});

describe("days and weeks", () => {
  it("belong to the lab's zone", () => {
    expect(dayKey(at("2026-11-22T15:59:59Z"), SHANGHAI)).toBe("2026-11-22");
    expect(dayKey(at("2026-11-22T16:00:00Z"), SHANGHAI)).toBe("2026-11-23");
    expect(dayFromKey("2026-11-23", SHANGHAI)).toBe(at("2026-11-22T16:00:00Z"));
  });
  it("begin on Monday, over the end of a year", () => {
    expect(weekday("2026-11-23")).toBe(0);
    expect(weekday("2026-11-22")).toBe(6);
    expect(daysBetween("2026-12-28", "2027-01-04")).toBe(7);
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
  });
  it("come from an address only when they are days", () => {
    expect(isDayKey("2026-11-23")).toBe(true);
    expect(isDayKey("2026-13-45")).toBe(false);
    expect(isDayKey("tomorrow")).toBe(false);
    expect(isDayKey(null)).toBe(false);
  });
});

describe("spans in words", () => {
  const nine = at("2026-11-23T01:00:00Z");
  it("name the day once", () => {
    expect(formatSpan(nine, nine + 3 * HOUR, SHANGHAI, "zh")).toBe("11月23日 周一 09:00–12:00");
    expect(formatSpan(nine, nine + 3 * HOUR, SHANGHAI, "en")).toBe("Mon 23 Nov 09:00–12:00");
  });
  it("end at 24:00 rather than on the next day's 00:00", () => {
    expect(formatSpan(nine, nine + 15 * HOUR, SHANGHAI, "zh")).toBe("11月23日 周一 09:00–24:00");
  });
  it("name both days when there are two", () => {
    expect(formatSpan(nine, nine + 20 * HOUR, SHANGHAI, "zh")).toBe("11月23日 周一 09:00 – 11月24日 周二 05:00");
  });
  it("say lengths and ages", () => {
    expect(formatLength(2.5 * HOUR, "zh")).toBe("2 小时 30 分");
    expect(formatLength(95_000, "en")).toBe("1 min 35 s");
    expect(formatLength(0, "zh")).toBe("0 秒");
    expect(formatAge(4_200, "zh")).toBe("4 秒前");
    expect(formatAge(2 * HOUR, "en")).toBe("2 h ago");
  });
});
