import { expect, it } from "vitest";

import { given, leftOpen, readAsked } from "./questions";

const terms = {
  needs_declaration: true,
  hold_s: 300,
  questions: [
    { key: "material", label_zh: "材料", label_en: "Material", type: "text", required: true },
    { key: "n", label_zh: "数量", label_en: "Pieces", type: "number", least: 1 },
    "nonsense",
  ],
};

it("reads what an instrument asks, and nothing that is no question", () => {
  const asked = readAsked(terms);
  expect(asked.questions.map((one) => [one.key, one.type, one.required, one.least])).toEqual([
    ["material", "text", true, null],
    ["n", "number", false, 1],
  ]);
  expect(asked.hold_minutes).toBe(5);
  expect(readAsked(undefined)).toEqual({ questions: [], needs_declaration: false, hold_minutes: 10 });
});

it("names the required ones that are left open", () => {
  const asked = readAsked(terms);
  expect(leftOpen(asked, { material: "", n: null })).toEqual(["material", "declaration"]);
  expect(leftOpen(asked, { material: "PC", declaration: { hazardous: false } })).toEqual([]);
});

it("sends no empty answers, but a no is one", () => expect(given({ a: "", b: null, c: false, d: 0 })).toEqual({ c: false, d: 0 }));
