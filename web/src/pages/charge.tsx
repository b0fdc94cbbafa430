/** A charge, opened: amount → steps → tariff version → the events it rests on. */

import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";

import { charge, reservation } from "../api/calls";
import type { Charge } from "../api/types";
import { pick, useLang } from "../i18n";
import { formatFen } from "../lib/money";
import { formatClockSeconds, formatDate, formatDay, formatInstant, formatLength, formatSpan } from "../lib/time";
import { PageHead, zoneOf, ZoneNote } from "../parts/page";
import { Answer, Loading } from "../parts/states";
import { StepValue } from "../parts/step";
import { Table } from "../parts/table";
import { Wide } from "../parts/wide";

function Evidence({ one, zone }: { one: Charge; zone: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const before = new Map<string, number>();
  const rows = one.evidence.map((event, index) => {
    const meter = `${event.device} ${event.boot}`;
    const last = before.get(meter);
    before.set(meter, event.run_ms);
    const delta = last !== undefined ? event.run_ms - last : null;
    return { ...event, key: index, delta };
  });
  const word = (kind: string): string => (kind === "start" || kind === "hb" || kind === "stop" ? t(`charge.${kind}`) : kind);
  return (
    <section className="panel">
      <header><h2>{t("charge.evidence")}</h2></header>
      <div className="panel-body stack" style={{ gap: 10 }}>
        <p className="soft">{t("charge.evidenceLead")}</p>
        <Wide label={t("charge.evidence")} width={640}><Table size="small" rowKey="key" pagination={rows.length > 50 ? { pageSize: 50 } : false} dataSource={rows}
          locale={{ emptyText: t("charge.noEvidence") }}
          columns={[
            { title: t("charge.at"), dataIndex: "at", render: (at: string) => <span className="num nowrap">{formatDay(Date.parse(at), zone, lang)} {formatClockSeconds(Date.parse(at), zone)}</span> },
            { title: t("charge.kind"), dataIndex: "kind", render: word },
            { title: t("charge.device"), dataIndex: "device", render: (name: string) => <span className="mono">{name}</span> },
            { title: t("charge.seq"), dataIndex: "seq", align: "right", className: "num" },
            { title: t("charge.counter"), dataIndex: "run_ms", align: "right", render: (ms: number) => <span className="num">{ms.toLocaleString("en-US")}</span> },
            { title: t("charge.delta"), dataIndex: "delta", align: "right", render: (ms: number | null) => <span className="num">{ms === null ? "—" : formatLength(ms, lang)}</span> },
            { title: t("charge.boot"), dataIndex: "boot", render: (boot: string) => <span className="mono faint" title={boot}>{boot.slice(0, 10)}</span> },
          ]} /></Wide>
      </div>
    </section>
  );
}

function Opened({ one }: { one: Charge }) {
  const { t } = useTranslation();
  const lang = useLang();
  const of = useQuery({ ...reservation(one.reservation_id ?? ""), enabled: one.reservation_id !== null });
  const zone = zoneOf(of.data?.instrument);
  const { tariff } = one;
  const day = (at: string | null): string => (at ? formatDate(Date.parse(at), zone, lang) : "—");
  const validity = tariff.valid_to
    ? t("charge.validSpan", { from: day(tariff.valid_from), to: day(tariff.valid_to) })
    : t("charge.validOpen", { from: day(tariff.valid_from) });
  return (
    <div className="stack">
      <section className="panel panel-body">
        <div className="spread" style={{ flexWrap: "wrap", alignItems: "flex-start" }}>
          <div>
            <div className="soft">{t("charge.amount")}</div>
            <div className="num" style={{ fontSize: 34, fontWeight: 650, lineHeight: 1.25 }} data-amount>{formatFen(one.amount_fen, one.currency)}</div>
            <div className="soft num">{t("charge.billedTime")} {formatLength(one.billed_seconds * 1000, lang)}</div>
          </div>
          {of.data && (
            <div style={{ textAlign: "right" }}>
              <div className="soft">{t("charge.toReservation")}</div>
              <Link to="/my?view=past">{pick(lang, of.data.instrument, "name")}</Link>
              <div className="num soft">{formatSpan(Date.parse(of.data.starts_at), Date.parse(of.data.ends_at), zone, lang)}</div>
            </div>
          )}
        </div>
      </section>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 320px), 1fr))", gap: 16 }}>
        <section className="panel">
          <header><h2>{t("charge.steps")}</h2></header>
          <div className="panel-body">
            <ol className="steps-list">
              {one.steps.map((step, index) => <li key={index}><span className="soft">{pick(lang, step, "label")}</span><span className="num"><StepValue step={step} currency={one.currency} /></span></li>)}
            </ol>
          </div>
        </section>
        <section className="panel">
          <header><h2>{t("charge.tariff")}</h2><span className="tone accent">{t("charge.version", { version: tariff.version })}</span></header>
          <div className="panel-body">
            <dl className="pair">
              <dt>{t("charge.rate")}</dt><dd className="num">{formatFen(tariff.per_hour_fen, one.currency)}{t("common.perHour")}</dd>
              <dt>{t("charge.min")}</dt><dd className="num">{formatLength(tariff.billed_min_s * 1000, lang)}</dd>
              <dt>{t("charge.step")}</dt><dd className="num">{tariff.billed_step_s > 1 ? formatLength(tariff.billed_step_s * 1000, lang) : t("charge.exact")}</dd>
              {!!tariff.minimum_fen && <><dt>{t("charge.floor")}</dt><dd className="num">{formatFen(tariff.minimum_fen, one.currency)}</dd></>}
              <dt>{t("charge.valid")}</dt>
              <dd className="num">{validity}</dd>
            </dl>
            <p className="faint" style={{ marginTop: 10 }}>{t("charge.created", { at: formatInstant(Date.parse(one.created_at), zone, lang) })}</p>
          </div>
        </section>
      </div>
      <Evidence one={one} zone={zone} />
      <ZoneNote zone={zone} />
    </div>
  );
}

export function ChargePage() {
  const { t } = useTranslation();
  const { id = "" } = useParams();
  const found = useQuery(charge(id));
  return (
    <>
      <PageHead title={t("charge.title")} lead={t("charge.lead")} />
      <Answer query={found} loading={<div className="panel"><Loading rows={8} /></div>}>{(one) => <Opened one={one} />}</Answer>
    </>
  );
}

