/** One use with all that stands behind it: reservation, runs, telemetry, evidence, money, changes. */

import { Alert } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import type { Run } from "../../../api/types";
import { pick, useLang } from "../../../i18n";
import { formatFen } from "../../../lib/money";
import { formatInstant, formatLength, formatSpan } from "../../../lib/time";
import { Band, type Bar } from "../../../parts/band";
import { ToneTag } from "../../../parts/marks";
import { Answer, Loading } from "../../../parts/states";
import { StepValue } from "../../../parts/step";
import { Table } from "../../../parts/table";
import { Wide } from "../../../parts/wide";
import { Changes, Doubts } from "../../reservation/use";
import { UsageActs } from "./acts";
import { type Laid, type Opened, opened, proposal } from "./asked";
import { Clocks, Evidence } from "./evidence";
import { Telemetry } from "./telemetry";

export const STATE_TONES = { metered: "accent", needs_review: "attention", disputed: "fault", confirmed: "running", billed: "idle" } as const;
type State = keyof typeof STATE_TONES;

export function UsageTag({ one }: { one: Laid }) {
  const { t } = useTranslation();
  const state = one.usage.state in STATE_TONES ? (one.usage.state as State) : "metered";
  return <ToneTag tone={STATE_TONES[state]}>{t(`usageDesk.states.${state}`)}</ToneTag>;
}

function barsOf(one: Laid): Bar[] {
  const { usage, reservation } = one;
  return [
    ...(reservation ? [{ kind: "booked" as const, from: Date.parse(reservation.starts_at), to: Date.parse(reservation.ends_at) }] : []),
    { kind: "metered", from: Date.parse(usage.started_at), to: Date.parse(usage.ended_at) },
  ];
}

function Cost({ reservation }: { reservation: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const told = useQuery(proposal(reservation, null));
  return (
    <section aria-label={t("usageDesk.proposed")}>
      <h3>{t("usageDesk.proposed")}</h3>
      <Answer query={told} loading={<Loading rows={2} />}>
        {(found) => found === null ? <Alert type="warning" showIcon title={t("usageDesk.noTariff")} /> : (
          <>
            <div className="num cost" data-proposed>{formatFen(found.amount_fen, found.currency)}</div>
            <ol className="steps-list">
              {found.steps.map((step, index) => <li key={index}><span className="soft">{pick(lang, step, "label")}</span><span className="num"><StepValue step={step} currency={found.currency} /></span></li>)}
            </ol>
            <p className="faint">{t("usageDesk.byVersion", { version: found.tariff_version })}</p>
          </>
        )}
      </Answer>
    </section>
  );
}

function Runs({ one, zone }: { one: Opened; zone: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <section aria-label={t("usageDesk.runs")}>
      <h3>{t("usageDesk.runs")}</h3>
      {one.runs.length === 0 ? <p className="soft">{t("usageDesk.noRuns")}</p> : (
        <Wide label={t("usageDesk.runs")} width={460}>
          <Table<Run> size="small" rowKey="id" pagination={false} dataSource={one.runs}
            columns={[
              { title: t("device.started"), key: "span", render: (_, run) => <span className="num">{run.ended_at ? formatSpan(Date.parse(run.started_at), Date.parse(run.ended_at), zone, lang) : formatInstant(Date.parse(run.started_at), zone, lang)}</span> },
              { title: t("device.metered"), key: "metered", align: "right", render: (_, run) => <span className="num nowrap">{formatLength(run.metered_ms, lang)}</span> },
              { title: t("usageDesk.covered"), key: "covered", align: "right", render: (_, run) => <span className="num">{Math.round(run.coverage_percent * 10) / 10} %</span> },
            ]} />
        </Wide>
      )}
    </section>
  );
}

function Raised({ alarm, zone }: { alarm: NonNullable<Opened["alarm"]>; zone: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const at = (text: string): string => formatInstant(Date.parse(text), zone, lang);
  const words = [t("usageDesk.alarmRaised", { at: at(alarm.raised_at) }), alarm.cleared_at && t("usageDesk.alarmCleared", { at: at(alarm.cleared_at) })];
  return <Alert type={alarm.cleared_at ? "info" : "error"} showIcon title={t("usageDesk.alarm")} description={words.filter(Boolean).join(" ")} data-alarm />;
}

function Shown({ one }: { one: Opened }) {
  const { t } = useTranslation();
  const lang = useLang();
  const zone = one.instrument.time_zone;
  const { usage, reservation } = one;
  return (
    <div className="panel" data-use={usage.id}>
      <header>
        <div>
          <h2><Link to={`/instruments/${one.instrument.id}`}>{pick(lang, one.instrument, "name")}</Link> <span className="mono faint">{one.instrument.code}</span></h2>
          <p className="soft">{reservation ? <>{reservation.enterprise} · {reservation.holder} · <Link to={`/reservations/${reservation.id}`}>{t("usageDesk.openReservation")}</Link></> : t("usageDesk.nobody")}</p>
        </div>
        <UsageTag one={one} />
      </header>
      <div className="panel-body stack">
        {one.alarm && <Raised alarm={one.alarm} zone={zone} />}
        {reservation && <Doubts usage={usage} />}
        <div className="use-facts">
          <section className="stack" style={{ gap: 10 }}>
            <Band bars={barsOf(one)} zone={zone} label={t("lease.band")} />
            <div className="row tight"><span className="cost num" data-metered>{formatLength(usage.metered_ms, lang)}</span><span className="soft">{t("usageDesk.metered")}</span></div>
            <Evidence one={one} />
            <Clocks one={one} zone={zone} />
          </section>
          {reservation && <Cost reservation={reservation.id} />}
        </div>
        <UsageActs key={`${usage.id} ${usage.state} ${usage.metered_ms}`} one={one} />
        {one.device && <Telemetry key={usage.id} one={one} name={one.device} />}
        <Runs one={one} zone={zone} />
        <Changes items={one.changes} zone={zone} />
      </div>
    </div>
  );
}

export function UseDetail({ id }: { id: string }) {
  const found = useQuery({ ...opened(id), refetchInterval: 30_000 });
  return <Answer query={found} loading={<div className="panel"><Loading rows={12} /></div>}>{(one) => <Shown one={one} />}</Answer>;
}
