/** What a notice is about, and where it leads. */

const WAITLIST = ["slot_freed", "next_in_line"];
const LAB = ["calibration_due", "instrument_faulty"];
const RESERVATION = [
  "approved", "rejected", "retimed", "moved", "cancelled_by_lab", "expired", "no_show", "reminder", "overtime",
  "overtime_before_yours", "metered", "penalty", "qualified", "qualification_revoked",
];
const DESK = ["due_soon", "due_overdue", "due_long_overdue", "qualification_ends"];

export const GROUPS = ["reservation", "waitlist", "lab", "desk", "account"] as const;
export type Group = (typeof GROUPS)[number];

export function groupOf(kind: string): Group {
  if (WAITLIST.includes(kind)) return "waitlist";
  if (LAB.includes(kind)) return "lab";
  if (DESK.includes(kind)) return "desk";
  // What is not known yet came from a newer server, and concerns the person anyway.
  return RESERVATION.includes(kind) ? "reservation" : "account";
}

/** Where one goes from it; null where there is nothing to open. */
export function placeOf(notice: { kind: string; reservation_id: string | null }): string | null {
  if (WAITLIST.includes(notice.kind)) return "/my/waitlist";
  if (notice.kind === "penalty") return "/my/penalties"; // where it can be appealed
  if (notice.reservation_id) return `/reservations/${notice.reservation_id}`;
  if (notice.kind === "qualification_ends") return "/institution";
  if (DESK.includes(notice.kind)) return "/due";
  return groupOf(notice.kind) === "account" && !/^(registration|name_change)_/.test(notice.kind) ? "/account" : null;
}
