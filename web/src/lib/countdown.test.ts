import { describe, expect, it } from "vitest";

import { formatCountdown } from "./countdown";
import { DAY, HOUR, MINUTE } from "./time";

describe("time left", () => {
  it.each([
    [2 * DAY + 3 * HOUR + 59 * MINUTE, "2 天 3 小时"],
    [5 * HOUR + 12 * MINUTE + 59_000, "5 小时 12 分"],
    [HOUR, "1 小时"],
    [9 * MINUTE + 58_200, "09:59"],
    [400, "00:01"],
    [-5, "00:00"],
  ])("%d ms is written %s", (ms, text) => expect(formatCountdown(ms, "zh")).toBe(text));

  it("is written in English too", () => expect(formatCountdown(DAY, "en")).toBe("1 d 0 h"));
});
