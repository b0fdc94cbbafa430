/** The colour of a calibration label on a day. Pure. */

import { daysBetween } from "./time";

export type CalibrationState = "valid" | "soon" | "lapsed" | "unknown";

/** So many days before it lapses the label is yellow. */
const SOON_DAYS = 30;

/** `until` is the last day it holds. */
export function calibrationOf(until: string | null, today: string): CalibrationState {
  if (!until) return "unknown";
  const left = daysBetween(today, until);
  if (left < 0) return "lapsed";
  return left <= SOON_DAYS ? "soon" : "valid";
}
