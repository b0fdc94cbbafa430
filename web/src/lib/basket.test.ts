import { expect, it } from "vitest";

import { type Chosen, MOST, withWish } from "./basket";

const of = (instrument_id: string, starts_at: string): Chosen => ({
  wish: { instrument_id, starts_at, ends_at: "", purpose: "", is_hold: false, is_draft: false, mode: "self_operated" },
  code: "", name_zh: "", name_en: "", time_zone: "Asia/Shanghai",
});

it("holds an instrument once, by its last wish", () => {
  const basket = withWish(withWish(withWish([], of("a", "1")), of("b", "2")), of("a", "3"));
  expect(basket.map((one) => [one.wish.instrument_id, one.wish.starts_at])).toEqual([["b", "2"], ["a", "3"]]);
});

it("holds no more than are taken in one act", () => {
  let basket: Chosen[] = [];
  for (let n = 0; n < MOST + 3; n += 1) basket = withWish(basket, of(String(n), ""));
  expect(basket).toHaveLength(MOST);
});
