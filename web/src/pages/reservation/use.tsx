/** What was used: the interlock, the band of evidence, the machine time and its changes. */

import { Alert } from "antd";
import { useTranslation } from "react-i18next";

import type { Details } from "../../api/lease";
import type { Reservation, Usage } from "../../api/types";
import { useLang } from "../../i18n";
import { zh } from "../../i18n/zh";
import { isOpen } from "../../lib/progress";
import { formatInstant, formatLength } from "../../lib/time";
import { Band, type Bar } from "../../parts/band";
import { zoneOf } from "../../parts/page";
import { InterlockBox, UsageBox } from "../my/reservation";

function barsOf(one: Reservation, now: number): Bar[] {
  const bars: Bar[] = [{ kind: "booked", from: Date.parse(one.starts_at), to: Date.parse(one.ends_at) }];
  const came = one.transitions.find((step) => step.to === "checked_in");
  const left = one.transitions.find((step) => step.to === "ended" || step.to === "interrupted");
  if (came) bars.push({ kind: "present", from: Date.parse(came.at), to: left ? Date.parse(left.at) : now });
  if (one.usage && one.usage.metered_ms > 0) bars.push({ kind: "metered", from: Date.parse(one.usage.started_at), to: Date.parse(one.usage.ended_at) });
  return bars;
}

/** Reserved, present and metered time under one another, over the same axis. */
export function EvidenceBand({ one, now }: { one: Reservation; now: number }) {
  const { t } = useTranslation();
  return <Band bars={barsOf(one, now)} zone={zoneOf(one.instrument)} label={t("lease.band")} />;
}

type Doubt = keyof typeof zh.lease.doubts;

export function Doubts({ usage }: { usage: Usage }) {
  const { t } = useTranslation();
  if (usage.doubts.length === 0 && !usage.late_evidence_at) return null;
  return (
    <Alert type="warning" showIcon title={t("lease.doubtsTitle")}
      description={
        <ul style={{ listStyle: "disc", paddingLeft: 18 }}>
          {usage.doubts.map((one) => <li key={one}>{one in zh.lease.doubts ? t(`lease.doubts.${one as Doubt}`) : one}</li>)}
          {usage.late_evidence_at && <li>{t("lease.lateEvidence")}</li>}
        </ul>
      } />
  );
}

type ChangeKind = keyof typeof zh.lease.changeKinds;

export function Changes({ items, zone }: { items: Details["usage_changes"]; zone: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  if (items.length === 0) return null;
  const length = (ms: number | null): string => (ms === null ? "—" : formatLength(ms, lang));
  return (
    <div>
      <h3 style={{ fontSize: 13, marginBottom: 6 }}>{t("lease.changes")}</h3>
      <ul className="stack" style={{ gap: 6 }} data-changes>
        {items.map((one, index) => (
          <li key={index} className="row tight">
            <span className="num faint">{formatInstant(Date.parse(one.at), zone, lang)}</span>
            <b>{one.kind in zh.lease.changeKinds ? t(`lease.changeKinds.${one.kind as ChangeKind}`) : one.kind}</b>
            {one.former_ms !== one.became_ms && <span className="num">{t("lease.changed", { former: length(one.former_ms), became: length(one.became_ms) })}</span>}
            <span className="soft">{one.by ?? t("lease.platform")}</span>
            {one.reason && <span className="soft">{one.reason in zh.lease.reasons ? t(`lease.reasons.${one.reason as keyof typeof zh.lease.reasons}`) : one.reason}</span>}
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Use({ one, more, now }: { one: Reservation; more: Details; now: number }) {
  const { t } = useTranslation();
  const zone = zoneOf(one.instrument);
  const came = one.transitions.some((step) => step.to === "checked_in");
  return (
    <section className="panel" aria-labelledby="use-title">
      <header><h2 id="use-title">{t("lease.use")}</h2></header>
      <div className="panel-body stack">
        {!came && !one.usage ? <p className="soft">{t("lease.noUse")}</p> : (
          <>
            <EvidenceBand one={one} now={now} />
            <div className="boxes">
              {one.interlock && isOpen(one.state) && <InterlockBox interlock={one.interlock} zone={zone} />}
              {one.usage && <UsageBox usage={one.usage} />}
            </div>
            {one.usage && <p className="faint">{t("lease.coverageWhy", { percent: Math.round(one.usage.coverage_percent * 10) / 10 })}</p>}
            {one.usage && <Doubts usage={one.usage} />}
            <Changes items={more.usage_changes} zone={zone} />
          </>
        )}
      </div>
    </section>
  );
}
