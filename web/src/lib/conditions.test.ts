import { expect, it } from "vitest";

import { readConditions } from "./conditions";

const PLAIN = { needs_approval: false, free_cancel_s: 86_400, late_fee_permille: 500, no_show_after_s: 1800, no_show_fee_permille: 500, objection_s: 86_400, punished: [] };

it("says what cancelling and missing cost, and that nobody is asked first", () => {
  expect(readConditions(PLAIN, false)).toEqual([
    { key: "atOnce" },
    { key: "freeCancel", seconds: 86_400, percent: 50 },
    { key: "missed", seconds: 1800, percent: 50 },
    { key: "objection", seconds: 86_400 },
  ]);
});

it("says all that is asked besides, and the labour only where somebody works", () => {
  const terms = {
    ...PLAIN, needs_approval: true, deposit_fen: 5000, labour_per_hour_fen: 9000, open_max: 3,
    punished: ["missed"], punished_after: 3, punished_within_s: 90 * 86_400, ban_s: 30 * 86_400,
    quotas: [{ per: "week", whose: "enterprise", count: null, hours: 20, peak_only: true }, { per: "day", whose: "person", count: 2, hours: null, over: "group" }],
  };
  const keys = readConditions(terms, true).map((one) => one.key);
  expect(keys).toEqual(["approval", "deposit", "freeCancel", "missed", "ban", "objection", "open", "labour", "quotaHours", "quotaCount"]);
  expect(readConditions(terms, false).map((one) => one.key)).not.toContain("labour");
  expect(readConditions(terms, true)).toContainEqual({ key: "ban", count: 3, within: 90, days: 30 });
  expect(readConditions(terms, true)).toContainEqual({ key: "quotaHours", per: "week", whose: "enterprise", over: "instrument", count: 20, isPeak: true });
  expect(readConditions(terms, true)).toContainEqual({ key: "quotaCount", per: "day", whose: "person", over: "group", count: 2, isPeak: false });
});
