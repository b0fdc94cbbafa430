/** State, age and money as small words, the same on every page. */

import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useLang } from "../i18n";
import { asLiveState } from "../lib/live";
import { RESERVATION_STATES, type ReservationState } from "../lib/progress";
import { formatAge } from "../lib/time";
import { useNow } from "./now";

export type Tone = "running" | "idle" | "attention" | "fault" | "offline" | "accent";

export function StateMark({ state }: { state: string | null | undefined }) {
  const { t } = useTranslation();
  const known = asLiveState(state);
  return (
    <span className={`mark ${known}`}>
      <i aria-hidden="true" />
      {t(`state.${known}`)}
    </span>
  );
}

export function StateTone({ state }: { state: string | null | undefined }) {
  const known = asLiveState(state);
  return (
    <span className={`tone ${known}`}>
      <StateMark state={known} />
    </span>
  );
}

export function ToneTag({ tone, children }: { tone: Tone; children: ReactNode }) {
  return <span className={`tone ${tone}`}>{children}</span>;
}

export function Age({ at }: { at: string | null | undefined }) {
  const lang = useLang();
  const now = useNow();
  if (!at) return <span>—</span>;
  return (
    <time dateTime={at} title={at} className="num nowrap">
      {formatAge(now - Date.parse(at), lang)}
    </time>
  );
}

const RESERVATION_TONES: Record<ReservationState, Tone> = {
  draft: "idle",
  held: "attention",
  proposed: "attention",
  submitted: "attention",
  retimed: "attention",
  approved: "accent",
  reserved: "accent",
  checked_in: "running",
  in_use: "running",
  interrupted: "attention",
  ended: "idle",
  metered: "idle",
  disputed: "attention",
  confirmed: "idle",
  billed: "idle",
  cancelled: "offline",
  rejected: "offline",
  expired: "offline",
  no_show: "fault",
};

export function ReservationTag({ state }: { state: string }) {
  const { t } = useTranslation();
  const known = RESERVATION_STATES.find((one) => one === state);
  return known ? <ToneTag tone={RESERVATION_TONES[known]}>{t(`reservation.${known}`)}</ToneTag> : <ToneTag tone="idle">{state}</ToneTag>;
}
