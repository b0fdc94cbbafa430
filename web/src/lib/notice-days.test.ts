import { expect, it } from "vitest";

import { readDays, readNoticeFile, writeDays } from "./notice-days";

it("reads spans and single days, and names what it does not understand", () => {
  const read = readDays("2027-01-01~2027-01-03 元旦\n\n2027-02-05 至 2027-02-06  春节\n2027-02-31 春节\n2027-05-03~2027-05-01 劳动节\n放假三天");

  expect(read.days).toEqual({ "2027-01-01": "元旦", "2027-01-02": "元旦", "2027-01-03": "元旦", "2027-02-05": "春节", "2027-02-06": "春节" });
  expect(read.bad.map((one) => one.line)).toEqual([4, 5, 6]);
});

it("writes what it read, days in a row as a span", () => {
  const text = "2026-12-31~2027-01-02 元旦\n2027-01-03 春节\n2027-02-05 春节";

  expect(writeDays(readDays(text).days)).toBe(text);
});

it("takes a notice's file and nothing else", () => {
  const notice = { year: 2027, title: "通知", issued_on: "2026-11-25", off: { "2027-01-01": "元旦" }, work: {} };

  expect(readNoticeFile(JSON.stringify(notice))).toEqual(notice);
  for (const other of ["[]", "null", "x", JSON.stringify({ ...notice, off: { "1 月": "元旦" } }), JSON.stringify({ ...notice, year: "2027" })]) {
    expect(readNoticeFile(other)).toBeNull();
  }
});
