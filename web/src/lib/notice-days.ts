/** The days of a notice on holidays, as people write them down: a span a line, then its name. */

import { addDays, daysBetween, isDayKey } from "./time";

export interface Read {
  days: Record<string, string>;
  /** Lines that are none, by number from 1. */
  bad: { line: number; text: string }[];
}

/** A day there is: the 31st of February reads as one, but is not. */
const isDay = (text: string | undefined): boolean => isDayKey(text ?? null) && addDays(text ?? "", 0) === text;

const SPAN_MAX = 40;
const LINE = /^(\d{4}-\d{2}-\d{2})(?:\s*[~～至]\s*(\d{4}-\d{2}-\d{2}))?\s+(\S.{0,39})$/;

export function readDays(text: string): Read {
  const read: Read = { days: {}, bad: [] };
  text.split("\n").forEach((whole, at) => {
    const line = whole.trim();
    if (!line) return;
    const [, first, last = first, name] = LINE.exec(line) ?? [];
    const length = first && last && isDay(first) && isDay(last) ? daysBetween(first, last) : -1;
    if (!first || !name || length < 0 || length > SPAN_MAX) return void read.bad.push({ line: at + 1, text: line });
    for (let n = 0; n <= length; n += 1) read.days[addDays(first, n)] = name.trim();
  });
  return read;
}

/** The other way round: days that follow each other and bear one name become a span. */
export function writeDays(days: Readonly<Record<string, string>>): string {
  const spans: { first: string; last: string; name: string }[] = [];
  for (const [day, name] of Object.entries(days).sort(([a], [b]) => a.localeCompare(b))) {
    const before = spans.at(-1);
    if (before?.name === name && addDays(before.last, 1) === day) before.last = day;
    else spans.push({ first: day, last: day, name });
  }
  return spans.map((one) => `${one.first}${one.last === one.first ? "" : `~${one.last}`} ${one.name}`).join("\n");
}

export interface NoticeFile {
  year: number;
  title: string;
  issued_on: string;
  off: Record<string, string>;
  work: Record<string, string>;
}

const isNamed = (value: unknown): value is Record<string, string> =>
  typeof value === "object" && value !== null && Object.entries(value).every(([day, name]) => isDay(day) && typeof name === "string");

/** A notice as a file keeps it, the one that ships with the program for instance; null for anything else. */
export function readNoticeFile(text: string): NoticeFile | null {
  try {
    const said = JSON.parse(text) as Record<string, unknown> | null;
    if (typeof said?.year !== "number" || typeof said.title !== "string" || typeof said.issued_on !== "string") return null;
    if (!isDay(said.issued_on) || !isNamed(said.off) || !isNamed(said.work)) return null;
    return { year: said.year, title: said.title, issued_on: said.issued_on, off: said.off, work: said.work };
  } catch {
    return null;
  }
}
