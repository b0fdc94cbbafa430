import { expect, it } from "vitest";

import { isOpen, OPEN_STATES, PAST_STATES, progressOf, RESERVATION_STATES } from "./progress";

it("counts the steps up to the present state", () => {
  expect(progressOf("reserved", [])).toEqual({ reached: 0, left: null });
  expect(progressOf("metered", ["reserved", "in_use"])).toEqual({ reached: 4, left: null });
});

it("takes states between two steps for the step they have reached", () => {
  expect(progressOf("confirmed", ["reserved", "metered"])).toEqual({ reached: 4, left: null });
  expect(progressOf("interrupted", [])).toEqual({ reached: 2, left: null });
  expect(progressOf("submitted", [])).toEqual({ reached: -1, left: null });
  expect(progressOf("rejected", ["submitted"])).toEqual({ reached: -1, left: "rejected" });
});

it("puts every state either among the open or among the past", () => {
  const known = [...OPEN_STATES, ...PAST_STATES];
  expect(new Set(known).size).toBe(known.length);
  expect([...known].sort()).toEqual([...RESERVATION_STATES].sort());
});

it("remembers how far a cancelled reservation came", () => {
  expect(progressOf("cancelled", ["reserved"])).toEqual({ reached: 0, left: "cancelled" });
  expect(progressOf("no_show", ["reserved", "no_show"])).toEqual({ reached: 0, left: "no_show" });
});

it("knows what is over", () => {
  expect(isOpen("in_use")).toBe(true);
  expect(isOpen("billed")).toBe(false);
});
