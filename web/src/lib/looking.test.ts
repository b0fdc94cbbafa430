import { expect, it } from "vitest";

import { asQuery, countFiner, readLooking } from "./looking";
import { regionChoices } from "./regions";

const read = (query: string) => readLooking(new URLSearchParams(query));

it("asks for what the address names, in fen and in instants", () => {
  const looking = read("q=拉伸&region=3202&standard=GB/T 228.1&most=400&free_from=2026-11-23T01:00:00Z&free_to=2026-11-23T03:00:00Z");
  expect(asQuery(looking)).toEqual({
    q: "拉伸", sort: "relevance", region: "3202", standard: "GB/T 228.1", price_max_fen: 40_000,
    free_from: "2026-11-23T01:00:00.000Z", free_to: "2026-11-23T03:00:00.000Z",
  });
  expect(countFiner(looking)).toBe(4);
});

it("leaves out what makes no sense, and what is free soonest comes first without words", () => {
  expect(asQuery(read("region=x&most=-1&free_from=2026-11-23T03:00:00Z&free_to=2026-11-23T01:00:00Z"))).toEqual({ q: "", sort: "next_free" });
  expect(countFiner(read("category=thermal&q=x"))).toBe(0);
});

it("puts a city below its province, and keeps a code it cannot name", () => {
  const labels = regionChoices("zh", "3302").map((one) => one.value);
  expect(labels.indexOf("3202")).toBe(labels.indexOf("32") + 2);
  expect(labels).toContain("3302");
});
