import { expect, it } from "vitest";

import { permilleText, spanAround } from "./uses";

const HOUR = 3_600_000;

function used(from: string, to: string, booked?: [string, string]) {
  return { usage: { started_at: from, ended_at: to }, reservation: booked ? { starts_at: booked[0], ends_at: booked[1] } : null };
}

it("shows all of the use and of the reservation, with room on both sides", () => {
  const around = spanAround(used("2026-04-06T01:10:00Z", "2026-04-06T03:20:00Z", ["2026-04-06T01:00:00Z", "2026-04-06T03:00:00Z"]));
  // 1:00 to 3:20 is 140 minutes, and 15 % of them are 21.
  expect(new Date(around.from).toISOString()).toBe("2026-04-06T00:39:00.000Z");
  expect(new Date(around.to).toISOString()).toBe("2026-04-06T03:41:00.000Z");
});

it("gives a short use nobody reserved ten minutes of room", () => {
  const around = spanAround(used("2026-04-06T01:00:00Z", "2026-04-06T01:01:00Z"));
  expect(around.to - around.from).toBe(HOUR / 3 + 60_000);
});

it("writes thousandths as a percentage", () => {
  expect([permilleText(34), permilleText(200), permilleText(1000)]).toEqual(["3.4 %", "20 %", "100 %"]);
});
