/** Whether an entrustment holds today. */

import { useTranslation } from "react-i18next";

import type { Entrustment } from "../../api/people";
import { dayKey } from "../../lib/time";
import { ToneTag } from "../../parts/marks";
import { useMinute } from "../../parts/now";
import { LAB_ZONE } from "../../parts/page";

export function Holds({ one }: { one: Entrustment }) {
  const { t } = useTranslation();
  const today = dayKey(useMinute(), LAB_ZONE);
  if (one.revoked_at) return <ToneTag tone="offline">{t("enterprise.revoked")}</ToneTag>;
  if (one.valid_to < today) return <ToneTag tone="idle">{t("enterprise.over")}</ToneTag>;
  if (!one.is_station_open) return <ToneTag tone="attention">{t("enterprise.stationShut")}</ToneTag>;
  return <ToneTag tone={one.valid_from > today ? "accent" : "running"}>{t(one.valid_from > today ? "enterprise.coming" : "enterprise.holds")}</ToneTag>;
}
