import { expect, it } from "vitest";

import { isOpen, progressOf } from "./progress";

it("counts the steps up to the present state", () => {
  expect(progressOf("reserved", [])).toEqual({ reached: 0, left: null });
  expect(progressOf("metered", ["reserved", "in_use"])).toEqual({ reached: 4, left: null });
});

it("remembers how far a cancelled reservation came", () => {
  expect(progressOf("cancelled", ["reserved"])).toEqual({ reached: 0, left: "cancelled" });
  expect(progressOf("no_show", ["reserved", "no_show"])).toEqual({ reached: 0, left: "no_show" });
});

it("knows what is over", () => {
  expect(isOpen("in_use")).toBe(true);
  expect(isOpen("billed")).toBe(false);
});
