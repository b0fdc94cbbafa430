import { expect, it } from "vitest";

import { en } from "./en";
import { zh } from "./zh";

function leaves(node: object, path = ""): [string, string][] {
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "string" ? [[`${path}${key}`, value] as [string, string]] : leaves(value as object, `${path}${key}.`),
  );
}

const marks = (text: string): string[] => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

it("says everything in both languages, with the same blanks to fill", () => {
  const english = new Map(leaves(en));
  for (const [key, text] of leaves(zh)) {
    const other = english.get(key);
    expect(other, key).toBeTruthy();
    expect(marks(other ?? ""), key).toEqual(marks(text));
  }
  expect(english.size).toBe(leaves(zh).length);
});

it("leaves no Chinese in the English texts but the way back", () => {
  const chinese = leaves(en).filter(([key, text]) => /[\u4e00-\u9fff]/.test(text) && !key.startsWith("language."));
  expect(chinese).toEqual([]);
});
