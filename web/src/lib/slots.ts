/** Which slots a person can pick, from the free time the server reported. Instants in milliseconds. */

import { addDays, dayFromKey, dayKey, MINUTE } from "./time";

export interface Span {
  from: number;
  to: number;
}

export interface SlotRules {
  grid_minutes: number;
  length_min_minutes: number;
  length_max_minutes: number;
}

const roundUp = (instant: number, step: number): number => Math.ceil(instant / step) * step;

/** Start times on the grid, within a window, that leave room for the shortest slot. */
export function startsWithin(free: readonly Span[], window: Span, rules: SlotRules): number[] {
  const step = rules.grid_minutes * MINUTE;
  const shortest = rules.length_min_minutes * MINUTE;
  const found: number[] = [];
  for (const span of free) {
    const last = Math.min(span.to - shortest, window.to - 1);
    for (let at = roundUp(Math.max(span.from, window.from), step); at <= last; at += step) found.push(at);
  }
  return found;
}

/** End times that a slot from `start` may have: on the grid, of allowed length, within free time. */
export function endsAfter(free: readonly Span[], start: number, rules: SlotRules): number[] {
  const span = free.find((one) => one.from <= start && start < one.to);
  if (!span) return [];
  const step = rules.grid_minutes * MINUTE;
  const last = Math.min(span.to, start + rules.length_max_minutes * MINUTE);
  const found: number[] = [];
  for (let at = roundUp(start + rules.length_min_minutes * MINUTE, step); at <= last; at += step) found.push(at);
  return found;
}

/** The next free slots as long as the one that could not be had, nearest first, one per free span. */
export function alternatives(free: readonly Span[], wanted: Span, rules: SlotRules, count = 3): Span[] {
  const step = rules.grid_minutes * MINUTE;
  const length = wanted.to - wanted.from;
  const found: Span[] = [];
  for (const span of free) {
    const first = roundUp(span.from, step);
    const latest = Math.floor((span.to - length) / step) * step;
    if (latest < first) continue;
    const from = Math.min(Math.max(first, wanted.from), latest);
    if (from === wanted.from) continue;
    found.push({ from, to: from + length });
  }
  return found
    .sort((a, b) => Math.abs(a.from - wanted.from) - Math.abs(b.from - wanted.from))
    .slice(0, count)
    .sort((a, b) => a.from - b.from);
}

/** Free spans cut at the lab's midnights, so that each day lists its own. */
export function byDay(free: readonly Span[], zone: string): { day: string; spans: Span[] }[] {
  const days = new Map<string, Span[]>();
  for (const span of free) {
    let from = span.from;
    while (from < span.to) {
      const day = dayKey(from, zone);
      const to = Math.min(span.to, dayFromKey(addDays(day, 1), zone));
      days.set(day, [...(days.get(day) ?? []), { from, to }]);
      from = to;
    }
  }
  return [...days].map(([day, spans]) => ({ day, spans }));
}

/** A dragged span snapped outwards to the grid. */
export function snap(span: Span, rules: SlotRules): Span {
  const step = rules.grid_minutes * MINUTE;
  const from = Math.floor(span.from / step) * step;
  return { from, to: Math.max(roundUp(span.to, step), from + step) };
}

/** Free time with one's own slot given back to it: where a reservation may move to. */
export function withOwn(free: readonly Span[], own: Span): Span[] {
  const touching = free.filter((one) => one.from <= own.to && own.from <= one.to);
  const merged = touching.reduce((all, one) => ({ from: Math.min(all.from, one.from), to: Math.max(all.to, one.to) }), own);
  return [...free.filter((one) => !touching.includes(one)), merged].sort((a, b) => a.from - b.from);
}

/** Later ends for a use that goes on, a grid apart, until somebody else's time begins. */
export function laterEnds(own: Span, taken: readonly Span[], step: number, most = 8): number[] {
  const next = Math.min(...taken.filter((one) => one.from >= own.to).map((one) => one.from));
  const found: number[] = [];
  for (let at = roundUp(own.to + 1, step); at <= next && found.length < most; at += step) found.push(at);
  return found;
}
