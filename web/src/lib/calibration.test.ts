import { expect, it } from "vitest";

import { calibrationOf } from "./calibration";

it("is green, then yellow in the last thirty days, then red from the day after", () => {
  expect(calibrationOf("2026-12-31", "2026-11-30")).toBe("valid");
  expect(calibrationOf("2026-12-31", "2026-12-01")).toBe("soon");
  expect(calibrationOf("2026-12-31", "2026-12-31")).toBe("soon");
  expect(calibrationOf("2026-12-31", "2027-01-01")).toBe("lapsed");
});

it("does not guess where none is on record", () => expect(calibrationOf(null, "2026-12-31")).toBe("unknown"));
