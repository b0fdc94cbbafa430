import { expect, it } from "vitest";

import { groupOf, placeOf } from "./notices";

it("leads a notice to its thing", () => {
  expect(placeOf({ kind: "approved", reservation_id: "r1" })).toBe("/reservations/r1");
  expect(placeOf({ kind: "next_in_line", reservation_id: "r1" })).toBe("/my/waitlist");
  expect(placeOf({ kind: "new_device", reservation_id: null })).toBe("/account");
  expect(placeOf({ kind: "due_overdue", reservation_id: null })).toBe("/due");
  expect(placeOf({ kind: "qualification_ends", reservation_id: null })).toBe("/institution");
  expect(placeOf({ kind: "due_soon", reservation_id: "r1" })).toBe("/reservations/r1");
  expect(placeOf({ kind: "calibration_due", reservation_id: null })).toBeNull();
});

it("takes a kind it does not know for the person's own", () => expect(groupOf("something_new")).toBe("account"));
