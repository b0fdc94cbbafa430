import { expect, it } from "vitest";

import { faultOfCreditCode, faultOfIdentityNumber, isEmail, isPhone, kindsIn } from "./numbers";

const TODAY = "2026-11-21";

// The published numbers and the faults are those of tests/unit/test_directory_numbers.py.
it.each(["91110000600037341L", "91350100M000100Y43", "914403001922038216", "91440300708461136T", "91330100799655058B"])(
  "takes the published credit code %s", (text) => expect(faultOfCreditCode(text)).toBeNull());

it.each([
  ["91350100M000100Y4", "format"],
  ["91350100M000100Y4O", "format"],
  ["99350100M000100Y43", "authority"],
  ["91990100M000100Y43", "region"],
  ["91350100M000100Y53", "organisation_check"],
  ["91350100M000100Y44", "check"],
  ["123456789012345678", "organisation_check"],
])("says what is wrong with the credit code %s", (text, fault) => expect(faultOfCreditCode(text)).toBe(fault));

it.each(["360426199101010071", "11010519491231002X", "11010519491231002x"])(
  "takes the published identity number %s", (text) => expect(faultOfIdentityNumber(text, TODAY)).toBeNull());

it.each([
  ["1101051949123100", "format"],
  ["99010519491231002X", "region"],
  ["110105194902300022", "birth_date"],
  ["110105202711210022", "birth_date"],
  ["11010519491231000X", "sequence"],
  ["110105194912310021", "check"],
])("says what is wrong with the identity number %s", (text, fault) => expect(faultOfIdentityNumber(text, TODAY)).toBe(fault));

it("knows phones and mailboxes", () => {
  expect(["13812345678", "12812345678", "1381234567", ""].map(isPhone)).toEqual([true, false, false, false]);
  expect(isEmail("li.siqi+lab@example.com.cn")).toBe(true);
  expect(["a@b", "a b@c.cn", "@c.cn", "a@c..cn", "a".repeat(260)].some(isEmail)).toBe(false);
});

it("counts the kinds of characters of a password", () => {
  expect(["abc", "Abc", "Ab1", "Ab1-", "密码"].map(kindsIn)).toEqual([1, 2, 3, 4, 0]);
});
