/** State, age and money as small words, the same on every page. */

import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useLang } from "../i18n";
import { asLiveState } from "../lib/live";
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

const RESERVATION_TONES: Record<string, Tone> = {
  reserved: "accent",
  checked_in: "running",
  in_use: "running",
  ended: "idle",
  metered: "idle",
  billed: "idle",
  cancelled: "offline",
  no_show: "fault",
};

const RESERVATION_WORDS = [
  "reserved",
  "checked_in",
  "in_use",
  "ended",
  "metered",
  "billed",
  "cancelled",
  "no_show",
] as const;

export function ReservationTag({ state }: { state: string }) {
  const { t } = useTranslation();
  const known = RESERVATION_WORDS.find((one) => one === state);
  return <ToneTag tone={RESERVATION_TONES[state] ?? "idle"}>{known ? t(`reservation.${known}`) : state}</ToneTag>;
}
