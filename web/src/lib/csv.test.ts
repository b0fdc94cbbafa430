import { expect, it } from "vitest";

import { toCsv } from "./csv";

it("quotes what would break a row", () => {
  expect(toCsv(["名称", "n"], [['a "b", c', 1], ["two\nlines", null]])).toBe('名称,n\r\n"a ""b"", c",1\r\n"two\nlines",\r\n');
});

it("leaves no formula for a spreadsheet to run, and numbers as they are", () => {
  expect(toCsv(["x"], [["=HYPERLINK(1)"], ["+1"], ["@a"], [-3]])).toBe("x\r\n'=HYPERLINK(1)\r\n'+1\r\n'@a\r\n-3\r\n");
});
