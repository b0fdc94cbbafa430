/** Opening hours as people say them: the same hours on several weekdays in one line. */

export interface Window {
  weekday: number;
  opens_s: number;
  closes_s: number;
  is_extended: boolean;
  surcharge_permille: number;
}

export interface Line extends Omit<Window, "weekday"> {
  weekdays: number[];
}

const HOUR_S = 3600;
export const DAY_S = 24 * HOUR_S;

const keyOf = (one: Omit<Window, "weekday">): string => `${one.opens_s} ${one.closes_s} ${String(one.is_extended)} ${one.surcharge_permille}`;

/** Windows that differ in nothing but their weekday become one line. */
export function toLines(windows: readonly Window[]): Line[] {
  const found = new Map<string, Line>();
  for (const { weekday, ...rest } of windows) {
    const line = found.get(keyOf(rest));
    if (line) line.weekdays.push(weekday);
    else found.set(keyOf(rest), { ...rest, weekdays: [weekday] });
  }
  return [...found.values()]
    .map((line) => ({ ...line, weekdays: [...new Set(line.weekdays)].sort((a, b) => a - b) }))
    .sort((a, b) => (a.weekdays[0] ?? 0) - (b.weekdays[0] ?? 0) || a.opens_s - b.opens_s);
}

export function toWindows(lines: readonly Line[]): Window[] {
  return lines
    .flatMap(({ weekdays, ...rest }) => weekdays.map((weekday) => ({ weekday, ...rest })))
    .sort((a, b) => a.weekday - b.weekday || a.opens_s - b.opens_s);
}

/** What the server would refuse: a line of no day, or one that ends before it begins. */
export function isSound(line: Pick<Line, "weekdays" | "opens_s" | "closes_s">): boolean {
  return line.weekdays.length > 0 && line.opens_s < line.closes_s && line.closes_s <= DAY_S;
}

/** "08:30", and "24:00" for the end of a day. */
export function clockOf(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Every half hour of a day, and whatever else is said already. */
export function clockTimes(said: number): number[] {
  const all = Array.from({ length: 49 }, (_, index) => (index * HOUR_S) / 2);
  return all.includes(said) ? all : [...all, said].sort((a, b) => a - b);
}

interface Special {
  day: string;
  opens_s: number | null;
  closes_s: number | null;
  surcharge_permille: number;
}

/** What holds on a date: its own hours if it has any, else those of its weekday (0 is Monday). */
export function windowsOn(day: string, weekday: number, windows: readonly Window[], specials: readonly Special[]): Window[] | null {
  const own = specials.filter((one) => one.day === day);
  if (own.length > 0) {
    return own.flatMap((one) => (one.opens_s === null || one.closes_s === null ? [] : [{ weekday: weekday + 1, opens_s: one.opens_s, closes_s: one.closes_s, is_extended: one.surcharge_permille > 0, surcharge_permille: one.surcharge_permille }]));
  }
  // No hours said at all: open day and night.
  return windows.length === 0 ? null : windows.filter((one) => one.weekday === weekday + 1);
}
