/** The terms of use as a page offers them: what each is counted in, and which belong together. */

const UNITS = { minutes: 60, hours: 3600, days: 86_400, percent: 10, yuan: 100, count: 1 } as const;
export type Unit = keyof typeof UNITS;

export type Terms = Record<string, unknown>;

/** From seconds, thousandths or fen to what people type, and back. */
export function toTyped(value: unknown, unit: Unit): number | null {
  return typeof value === "number" ? Math.round((value / UNITS[unit]) * 100) / 100 : null;
}

export function fromTyped(typed: number, unit: Unit): number {
  return Math.round(typed * UNITS[unit]);
}

export const NUMBERS = {
  notice_min_s: "hours", horizon_s: "days", length_min_s: "minutes", length_max_s: "hours", grid_s: "minutes", gap_s: "minutes", open_max: "count", peak_length_max_s: "hours",
  hold_s: "minutes", offer_s: "minutes", deposit_fen: "yuan", labour_per_hour_fen: "yuan",
  free_cancel_s: "hours", grace_s: "minutes", late_fee_permille: "percent",
  no_show_after_s: "minutes", no_show_fee_permille: "percent", late_after_s: "minutes", early_leave_s: "minutes", overtime_after_s: "minutes",
  idle_end_s: "minutes", fault_after_s: "minutes", punished_after: "count", punished_within_s: "days", ban_s: "days",
  confirm_after_s: "hours", confirm_tolerance_permille: "percent", objection_s: "hours",
  technician_day_max_s: "hours", technician_week_max_s: "hours", technician_rest_s: "minutes", reminder_s: "minutes",
} as const satisfies Record<string, Unit>;
export type NumberTerm = keyof typeof NUMBERS;

export const SWITCHES = ["needs_approval", "needs_qualification", "needs_agreement", "needs_declaration", "needs_funds", "follows_work_calendar"] as const;
export type SwitchTerm = (typeof SWITCHES)[number];

export const OFFENCES = ["late", "overtime", "early_leave", "missed"] as const;
export const LAPSES = ["block", "waiver", "ignore"] as const;

export const GROUPS = {
  asking: ["needs_approval", "needs_qualification", "needs_agreement", "needs_declaration", "needs_funds", "deposit_fen"],
  times: ["notice_min_s", "horizon_s", "length_min_s", "length_max_s", "grid_s", "gap_s", "open_max", "follows_work_calendar", "when_calibration_lapses"],
  limits: ["quotas", "peak", "peak_length_max_s"],
  cancelling: ["free_cancel_s", "grace_s", "late_fee_permille", "hold_s", "offer_s", "reminder_s"],
  attending: ["no_show_after_s", "no_show_fee_permille", "late_after_s", "early_leave_s", "overtime_after_s", "idle_end_s", "fault_after_s", "punished", "punished_after", "punished_within_s", "ban_s"],
  usage: ["confirm_after_s", "confirm_tolerance_permille", "objection_s"],
  technicians: ["labour_per_hour_fen", "technician_hours", "technician_day_max_s", "technician_week_max_s", "technician_rest_s"],
  questions: ["questions"],
} as const;
export type GroupName = keyof typeof GROUPS;
export type TermName = (typeof GROUPS)[GroupName][number];

/** A term said here, or taken back so that the wider scope's holds again. */
export function withTerm(terms: Terms, name: string, value: unknown): Terms {
  if (value !== undefined && value !== null) return { ...terms, [name]: value };
  return Object.fromEntries(Object.entries(terms).filter(([key]) => key !== name));
}
