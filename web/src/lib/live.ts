/** How devices are ordered on a wall and how their values are written. Pure. */

export const LIVE_STATES = ["offline", "fault", "attention", "running", "idle"] as const;
export type LiveState = (typeof LIVE_STATES)[number];

export function asLiveState(text: string | null | undefined): LiveState {
  return (LIVE_STATES as readonly string[]).includes(text ?? "") ? (text as LiveState) : "offline";
}

/** What needs a hand comes first: offline, fault, attention, then the rest by name. */
export function byNeed<T extends { state: string; name: string }>(a: T, b: T): number {
  const rank = LIVE_STATES.indexOf(asLiveState(a.state)) - LIVE_STATES.indexOf(asLiveState(b.state));
  return rank || a.name.localeCompare(b.name);
}

/** Four significant digits, thousands marked, no exponent for what fits. */
export function formatValue(value: number | string | boolean | null | undefined): string {
  if (value === null || value === undefined) return "—";
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) return "—";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e12 || size < 1e-4)) return value.toExponential(2);
  const decimals = size >= 1000 || Number.isInteger(value) ? 0 : size >= 100 ? 1 : size >= 1 ? 2 : 3;
  return value.toLocaleString("en-US", { minimumFractionDigits: 0, maximumFractionDigits: decimals });
}

const UNITS: Record<string, string> = { Cel: "°C", "%": "%", "1": "", Ohm: "Ω", deg: "°", "%RH": "%RH" };

/** UCUM as the wire has it, to what people read. */
export function formatUnit(unit: string | null | undefined): string {
  if (!unit) return "";
  return UNITS[unit] ?? unit;
}

/** The newest `count` points, without those that came twice or out of order. */
export function appendPoint(
  points: readonly (readonly [number, number])[],
  at: number,
  value: number,
  count: number,
): (readonly [number, number])[] {
  const last = points.at(-1);
  if (last && at <= last[0]) return [...points];
  return [...points.slice(-(count - 1)), [at, value] as const];
}
