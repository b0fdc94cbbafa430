/** A use in time: what to show around it, and how far it is from what was reserved. */

interface Timed {
  usage: { started_at: string; ended_at: string };
  reservation: { starts_at: string; ends_at: string } | null;
}

const TIMES_AROUND = 0.15;
const LEAST_AROUND_MS = 10 * 60_000;

/** The time shown around a use: all of it and of its reservation, with some room on both sides. */
export function spanAround(one: Timed): { from: number; to: number } {
  const starts = [one.usage.started_at, ...(one.reservation ? [one.reservation.starts_at] : [])].map((at) => Date.parse(at));
  const ends = [one.usage.ended_at, ...(one.reservation ? [one.reservation.ends_at] : [])].map((at) => Date.parse(at));
  const [first, last] = [Math.min(...starts), Math.max(...ends)];
  const room = Math.max((last - first) * TIMES_AROUND, LEAST_AROUND_MS);
  return { from: Math.floor(first - room), to: Math.ceil(last + room) };
}

/** Thousandths as people read them: "3.4 %". */
export function permilleText(permille: number): string {
  return `${(permille / 10).toLocaleString("en-US", { maximumFractionDigits: 1 })} %`;
}
