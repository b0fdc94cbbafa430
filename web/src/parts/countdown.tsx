/** Time left until something, second by second; loud in the last ten minutes. */

import { useTranslation } from "react-i18next";

import { formatCountdown } from "../lib/countdown";
import { useLang } from "../i18n";
import { useNow } from "./now";

const LAST_MS = 10 * 60_000;

export function Countdown({ until }: { until: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useNow();
  const left = Date.parse(until) - now;
  if (left <= 0) return null;
  return (
    <span className={`tone num ${left < LAST_MS ? "attention" : "idle"}`} role="timer" data-countdown>
      {t("lease.clockLeft", { length: formatCountdown(left, lang) })}
    </span>
  );
}
