/** Where a reservation stands on its way from reserved to billed. */

export const PROGRESS = ["reserved", "checked_in", "in_use", "ended", "metered", "billed"] as const;
export type ProgressStep = (typeof PROGRESS)[number];
/** Before it is reserved: written down, set aside, or waiting for somebody's yes. */
const BEFORE = ["draft", "held", "proposed", "submitted", "retimed", "approved"] as const;
/** Where it left the way for good. */
const LEFT = ["cancelled", "no_show", "rejected", "expired"] as const;
/** States between two steps of the line, and the step they have reached. */
const BETWEEN = { interrupted: "in_use", disputed: "metered", confirmed: "metered" } as const;

export type LeftState = (typeof LEFT)[number];
export const RESERVATION_STATES = [...BEFORE, ...PROGRESS, ...(["interrupted", "disputed", "confirmed"] as const), ...LEFT];
export type ReservationState = (typeof RESERVATION_STATES)[number];

export interface Progress {
  /** Index into PROGRESS of the last step reached; -1 before the first. */
  reached: number;
  /** Set when it left the way: what it became. */
  left: LeftState | null;
}

function stepOf(state: string): number {
  const step = state in BETWEEN ? BETWEEN[state as keyof typeof BETWEEN] : state;
  return (PROGRESS as readonly string[]).indexOf(step);
}

export function progressOf(state: string, passed: readonly string[]): Progress {
  const left = LEFT.find((one) => one === state) ?? null;
  const reached = left ? Math.max(-1, ...passed.map(stepOf)) : stepOf(state);
  return { reached, left };
}

export const OPEN_STATES = [...BEFORE, "reserved", "checked_in", "in_use"] as const;
export const PAST_STATES = ["interrupted", "ended", "metered", "disputed", "confirmed", "billed", ...LEFT] as const;

/** Still ahead or under way, as opposed to over. */
export function isOpen(state: string): boolean {
  return (OPEN_STATES as readonly string[]).includes(state);
}
