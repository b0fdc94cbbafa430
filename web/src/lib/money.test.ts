import { describe, expect, it } from "vitest";

import { formatFen, formatFenShort } from "./money";

describe("fen on the screen", () => {
  it.each([
    [0, "¥0.00"],
    [5, "¥0.05"],
    [99, "¥0.99"],
    [100, "¥1.00"],
    [123456789, "¥1,234,567.89"],
    [-1050, "−¥10.50"],
  ])("writes %i fen as %s", (fen, text) => expect(formatFen(fen)).toBe(text));

  it("names a currency it has no sign for", () => expect(formatFen(1234, "EUR")).toBe("EUR 12.34"));
  it("drops only empty decimals", () => {
    expect(formatFenShort(12000)).toBe("¥120");
    expect(formatFenShort(12050)).toBe("¥120.50");
  });
  it("refuses what is not whole fen", () => expect(() => formatFen(0.5)).toThrow(RangeError));
});
