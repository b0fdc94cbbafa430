/** The questions an instrument asks, read from its terms, and what was answered. Pure. */

export interface Question {
  key: string;
  label_zh: string;
  label_en: string;
  type: "text" | "number" | "choice" | "boolean";
  required: boolean;
  choices: string[];
  max_length: number;
  least: number | null;
  most: number | null;
}

export type Answers = Record<string, unknown>;

/** What an instrument asks of who reserves it. */
export interface Asked {
  questions: Question[];
  needs_declaration: boolean;
  hold_minutes: number;
}

const TYPES = ["text", "number", "choice", "boolean"] as const;
const HOLD_S = 600; // what holds where the terms say nothing

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function readQuestion(value: unknown): Question[] {
  if (typeof value !== "object" || value === null || !("key" in value)) return [];
  const one = value as Record<string, unknown>;
  return [{
    key: asText(one.key),
    label_zh: asText(one.label_zh),
    label_en: asText(one.label_en),
    type: TYPES.find((type) => type === one.type) ?? "text",
    required: one.required === true,
    choices: Array.isArray(one.choices) ? one.choices.map(asText) : [],
    max_length: typeof one.max_length === "number" ? one.max_length : 500,
    least: typeof one.least === "number" ? one.least : null,
    most: typeof one.most === "number" ? one.most : null,
  }];
}

export function readAsked(terms: Record<string, unknown> | undefined): Asked {
  const found = terms?.questions;
  return {
    questions: Array.isArray(found) ? found.flatMap(readQuestion) : [],
    needs_declaration: terms?.needs_declaration === true,
    hold_minutes: (typeof terms?.hold_s === "number" ? terms.hold_s : HOLD_S) / 60,
  };
}

/** Only what was answered: an empty field is no answer. */
export function given(answers: Answers): Answers {
  return Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== undefined && value !== null && value !== ""));
}

/** The required ones left open. The server asks the rest. */
export function leftOpen(asked: Asked, answers: Answers): string[] {
  const said = given(answers);
  const open = asked.questions.filter((one) => one.required && !(one.key in said)).map((one) => one.key);
  return asked.needs_declaration && !("declaration" in said) ? [...open, "declaration"] : open;
}
