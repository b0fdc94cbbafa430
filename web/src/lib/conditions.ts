/** The terms of an instrument in sentences: what is asked, what breaking them costs. Pure. */

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

export type Condition =
  | { key: "approval" | "atOnce" | "funds" | "qualification" | "agreement" | "declaration" }
  | { key: "deposit" | "labour"; fen: number }
  | { key: "freeCancel" | "missed"; seconds: number; percent: number }
  | { key: "ban"; count: number; within: number; days: number }
  | { key: "objection" | "gap" | "peak"; seconds: number }
  | { key: "open"; count: number }
  | { key: "quotaCount" | "quotaHours"; per: Per; whose: Whose; over: Over; count: number; isPeak: boolean };

const PERS = ["day", "week", "month"] as const;
type Per = (typeof PERS)[number];
const WHOSE = ["person", "enterprise"] as const;
type Whose = (typeof WHOSE)[number];
const OVER = ["instrument", "group", "institution"] as const;
type Over = (typeof OVER)[number];

function asNumber(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function quota(value: unknown): Condition[] {
  if (typeof value !== "object" || value === null) return [];
  const one = value as Record<string, unknown>;
  const common = { per: PERS.find((per) => per === one.per) ?? "week", whose: WHOSE.find((whose) => whose === one.whose) ?? "person", over: OVER.find((over) => over === one.over) ?? "instrument", isPeak: one.peak_only === true };
  return [
    ...(typeof one.count === "number" ? [{ key: "quotaCount" as const, count: one.count, ...common }] : []),
    ...(typeof one.hours === "number" ? [{ key: "quotaHours" as const, count: one.hours, ...common }] : []),
  ];
}

/** What whoever reserves should know first, weightiest first; what is not asked is not said. */
export function readConditions(terms: Record<string, unknown>, isAssisted: boolean): Condition[] {
  const found: (Condition | false)[] = [
    { key: terms.needs_approval === true ? "approval" : "atOnce" },
    terms.needs_funds === true && { key: "funds" },
    asNumber(terms.deposit_fen) > 0 && { key: "deposit", fen: asNumber(terms.deposit_fen) },
    terms.needs_qualification === true && { key: "qualification" },
    terms.needs_agreement === true && { key: "agreement" },
    terms.needs_declaration === true && { key: "declaration" },
    { key: "freeCancel", seconds: asNumber(terms.free_cancel_s), percent: asNumber(terms.late_fee_permille) / 10 },
    { key: "missed", seconds: asNumber(terms.no_show_after_s), percent: asNumber(terms.no_show_fee_permille) / 10 },
    asList(terms.punished).length > 0 && {
      key: "ban", count: asNumber(terms.punished_after), within: asNumber(terms.punished_within_s) / DAY_S, days: asNumber(terms.ban_s) / DAY_S,
    },
    { key: "objection", seconds: asNumber(terms.objection_s) },
    asNumber(terms.gap_s) > 0 && { key: "gap", seconds: asNumber(terms.gap_s) },
    asNumber(terms.peak_length_max_s) > 0 && { key: "peak", seconds: asNumber(terms.peak_length_max_s) },
    asNumber(terms.open_max) > 0 && { key: "open", count: asNumber(terms.open_max) },
    isAssisted && asNumber(terms.labour_per_hour_fen) > 0 && { key: "labour", fen: asNumber(terms.labour_per_hour_fen) },
  ];
  return [...found.filter((one) => one !== false), ...asList(terms.quotas).flatMap(quota)];
}
