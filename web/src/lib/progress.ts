/** Where a reservation stands on its way from reserved to billed. */

export const PROGRESS = ["reserved", "checked_in", "in_use", "ended", "metered", "billed"] as const;
export type ProgressStep = (typeof PROGRESS)[number];
export type ReservationState = ProgressStep | "cancelled" | "no_show";

export interface Progress {
  /** Index into PROGRESS of the last step reached. */
  reached: number;
  /** Set when it left the way: what it became. */
  left: "cancelled" | "no_show" | null;
}

export function isProgressStep(state: string): state is ProgressStep {
  return (PROGRESS as readonly string[]).includes(state);
}

export function progressOf(state: string, passed: readonly string[]): Progress {
  if (isProgressStep(state)) return { reached: PROGRESS.indexOf(state), left: null };
  const reached = Math.max(0, ...passed.filter(isProgressStep).map((one) => PROGRESS.indexOf(one)));
  return { reached, left: state === "no_show" ? "no_show" : "cancelled" };
}

export const OPEN_STATES = ["reserved", "checked_in", "in_use"] as const;
export const PAST_STATES = ["ended", "metered", "billed", "cancelled", "no_show"] as const;

/** Still ahead or under way, as opposed to over. */
export function isOpen(state: string): boolean {
  return (OPEN_STATES as readonly string[]).includes(state);
}
