/** Why a use is confirmed by itself, or why somebody must look: each condition, met or not. */

import { CheckCircleFilled, CloseCircleFilled, ExclamationCircleFilled } from "@ant-design/icons";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useLang } from "../../../i18n";
import { formatInstant } from "../../../lib/time";
import { permilleText } from "../../../lib/uses";
import { Countdown } from "../../../parts/countdown";
import { useMinute } from "../../../parts/now";
import type { Laid } from "./asked";

function Condition({ met, children }: { met: boolean; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <li className={`condition ${met ? "met" : "unmet"}`}>
      {met ? <CheckCircleFilled aria-hidden="true" /> : <CloseCircleFilled aria-hidden="true" />}
      <span className="seen-by-readers">{t(met ? "usageDesk.met" : "usageDesk.unmet")}</span>
      <span>{children}</span>
    </li>
  );
}

export function Evidence({ one }: { one: Laid }) {
  const { t } = useTranslation();
  const { usage, evidence } = one;
  const coverage = Math.round(usage.coverage_percent * 10) / 10;
  if (!evidence) return null;
  return (
    <ul className="conditions" data-evidence>
      <Condition met={usage.coverage_percent >= evidence.coverage_needed_percent}>{t("usageDesk.coverage", { percent: coverage, needed: evidence.coverage_needed_percent })}</Condition>
      <Condition met={usage.doubts.length === 0}>{t(usage.doubts.length === 0 ? "usageDesk.noDoubts" : "usageDesk.someDoubts", { count: usage.doubts.length })}</Condition>
      <Condition met={evidence.differs_permille <= evidence.tolerance_permille}>{t("usageDesk.differs", { percent: permilleText(evidence.differs_permille), tolerance: permilleText(evidence.tolerance_permille) })}</Condition>
    </ul>
  );
}

/** What becomes of it if nobody does anything, and until when its client may object. */
export function Clocks({ one, zone }: { one: Laid; zone: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useMinute();
  const { usage } = one;
  const at = (text: string): string => formatInstant(Date.parse(text), zone, lang);
  const isOpen = usage.state === "metered" || usage.state === "needs_review";
  return (
    <div className="stack" style={{ gap: 8 }}>
      {isOpen && one.confirms_at && <p className="row tight"><CheckCircleFilled aria-hidden="true" className="met-mark" /><span>{t("usageDesk.confirmsAt", { at: at(one.confirms_at) })}</span><Countdown until={one.confirms_at} /></p>}
      {isOpen && !one.confirms_at && <p className="row tight"><ExclamationCircleFilled aria-hidden="true" className="attention-mark" /><span>{t(one.reservation ? "usageDesk.needsPerson" : "usageDesk.needsWord")}</span></p>}
      {one.objection_ends_at && usage.state !== "disputed" && (
        Date.parse(one.objection_ends_at) > now
          ? <p className="row tight" data-objection><span className="soft">{t("usageDesk.mayObject", { at: at(one.objection_ends_at) })}</span><Countdown until={one.objection_ends_at} /></p>
          : <p className="soft" data-objection>{t("usageDesk.objectionOver", { at: at(one.objection_ends_at) })}</p>
      )}
      {one.confirmed_at && <p className="soft">{t("usageDesk.confirmedAt", { at: at(one.confirmed_at) })}</p>}
    </div>
  );
}
