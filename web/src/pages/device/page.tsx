/** One device: its chart from minutes to days, its runs over the same time, its last values, its interlock. */

import { Segmented, Select } from "antd";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams, useSearchParams } from "react-router";

import { device, runs, series, states } from "../../api/calls";
import { withQuery } from "../../api/http";
import type { Device, Interlock, LastValue, Run } from "../../api/types";
import { pick, useLang } from "../../i18n";
import { DAY, formatInstant, formatLength, formatSpan, HOUR, MINUTE } from "../../lib/time";
import { useFeed } from "../../live/feed";
import { record, useHistory } from "../../live/history";
import { Age, StateMark, ToneTag } from "../../parts/marks";
import { useNow } from "../../parts/now";
import { LAB_ZONE, PageHead, ZoneNote } from "../../parts/page";
import { Answer, Failure, Loading } from "../../parts/states";
import { Table } from "../../parts/table";
import { Wide } from "../../parts/wide";
import { Pulse } from "../devices/page";
import { NowLine, wallValues } from "../devices/tile";
import { InterlockBox } from "../my/reservation";
import { SeriesChart } from "./chart";
import { metricName, metricText, protocolName } from "./metrics";

const SPANS = { "15m": 15 * MINUTE, "1h": HOUR, "6h": 6 * HOUR, "1d": DAY, "7d": 7 * DAY } as const;
type SpanName = keyof typeof SPANS;
const POINTS = 600;

function isSpan(text: string | null): text is SpanName {
  return text !== null && text in SPANS;
}

function ChartPanel({ one, all }: { one: Device; all: LastValue[] }) {
  const { t } = useTranslation();
  const lang = useLang();
  const [search, setSearch] = useSearchParams();
  const asked = search.get("span");
  const span: SpanName = isSpan(asked) ? asked : "15m";
  const metric = all.find((each) => each.key === search.get("metric"))?.key ?? wallValues(one)[0]?.key ?? all[0]?.key ?? "power_w";
  const now = useNow();
  const length = SPANS[span];
  // Stored points are asked for in steps; between two, the feed's own are drawn on.
  const step = Math.max(10_000, length / 60);
  const until = Math.ceil(now / step) * step;
  const [from, to] = [until - length, until];
  const stored = useQuery(series(one.name, metric, new Date(from).toISOString(), new Date(to).toISOString(), POINTS));
  const ran = useQuery(runs(one.name, new Date(from).toISOString(), new Date(to).toISOString()));
  const told = useQuery(states(one.name, new Date(from).toISOString(), new Date(to).toISOString()));
  const live = useHistory(one.name, metric);
  const put = (key: string, value: string): void =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      next.set(key, value);
      return next;
    }, { replace: true });
  const named = all.find((each) => each.key === metric);
  const label = named ? metricName(named, lang) : metric;
  return (
    <section className="panel">
      <header>
        <div className="row">
          <h2>{t("device.chart")}</h2>
          <Select<string> size="small" style={{ width: 170 }} value={metric} aria-label={t("device.metric")} onChange={(next) => put("metric", next)}
            options={all.map((each) => ({ value: each.key, label: metricName(each, lang) }))} />
        </div>
        <Segmented<SpanName> size="small" value={span} aria-label={t("device.span")} onChange={(next) => put("span", next)}
          options={(Object.keys(SPANS) as SpanName[]).map((each) => ({ value: each, label: t(`device.spans.${each}`) }))} />
      </header>
      <div className="panel-body">
        <Answer query={stored} loading={<Loading rows={6} />}>
          {(data) => (
            <>
              <SeriesChart series={data.metric === metric ? data : { ...data, points: [] }} live={live} runs={ran.data?.items ?? []} states={told.data?.items ?? []} from={now - length} to={now} zone={LAB_ZONE} lang={lang} label={`${one.name} ${label}`} />
              <div className="spread faint" style={{ flexWrap: "wrap" }}>
                <span>{data.points.length === 0 && live.length === 0 ? t("device.noPoints") : data.bucket_s > 1 ? t("device.bucket", { seconds: formatLength(data.bucket_s * 1000, lang) }) : t("device.raw")}</span>
                <a href={withQuery(`/devices/${one.name}/readings.csv`, { metric, from: new Date(from).toISOString(), to: new Date(to).toISOString() })} download>{t("device.export")}</a>
                <ZoneNote zone={LAB_ZONE} />
              </div>
            </>
          )}
        </Answer>
      </div>
    </section>
  );
}

function ValueText({ one }: { one: LastValue }) {
  const lang = useLang();
  const { text, unit } = metricText(one, lang);
  return <span className="num">{text} <span className="soft">{unit}</span></span>;
}

function Values({ values }: { values: LastValue[] }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <section className="panel">
      <header><h2>{t("device.values")}</h2></header>
      <Table size="small" rowKey="key" pagination={false} dataSource={values}
        columns={[
          { title: t("device.metric"), key: "name", render: (_, one) => metricName(one, lang) },
          { title: t("device.value"), key: "value", align: "right", render: (_, one) => <ValueText one={one} /> },
          { title: t("device.age"), key: "at", align: "right", width: 110, render: (_, one) => <span className="faint"><Age at={one.at} /></span> },
        ]} />
    </section>
  );
}

function Runs({ name }: { name: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const now = useNow();
  const to = Math.ceil(now / MINUTE) * MINUTE;
  const found = useQuery(runs(name, new Date(to - 7 * DAY).toISOString(), new Date(to).toISOString()));
  return (
    <section className="panel">
      <header><h2>{t("device.runs")} <span className="faint" style={{ fontWeight: 400 }}>· {t("device.spans.7d")}</span></h2><span className="faint">{t("device.runsLead")}</span></header>
      <Answer query={found} loading={<Loading rows={3} />}>
        {(page) => (
          <Wide label={t("device.runs")} width={520}><Table<Run> size="small" rowKey="id" dataSource={[...page.items].sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at))}
            pagination={page.items.length > 10 ? { pageSize: 10, size: "small" } : false} locale={{ emptyText: t("device.noRuns") }}
            columns={[
              {
                title: t("device.started"), key: "span", render: (_, one) => (
                  <span className="num">{one.ended_at ? formatSpan(Date.parse(one.started_at), Date.parse(one.ended_at), LAB_ZONE, lang) : <>{formatInstant(Date.parse(one.started_at), LAB_ZONE, lang)} – <ToneTag tone="running">{t("device.running")}</ToneTag></>}</span>
                ),
              },
              { title: t("device.metered"), dataIndex: "metered_ms", align: "right", render: (ms: number) => <span className="num">{formatLength(ms, lang)}</span> },
              { title: t("device.cycles"), dataIndex: "cycles", align: "right", render: (count: number | null) => <span className="num">{count ?? "—"}</span> },
            ]} /></Wide>
        )}
      </Answer>
    </section>
  );
}

function Control({ lock }: { lock: Interlock }) {
  const { t } = useTranslation();
  const agree = lock.wanted === lock.reported;
  return (
    <section className="panel">
      <header><h2>{t("device.control")}</h2><ToneTag tone={agree ? "idle" : "attention"}>{t(agree ? "device.agree" : "device.disagree")}</ToneTag></header>
      <div className="panel-body stack" style={{ gap: 10 }}>
        <InterlockBox interlock={lock} zone={LAB_ZONE} />
        <p className="faint">{t("device.controlLead")}</p>
      </div>
    </section>
  );
}

function Shown({ one }: { one: Device }) {
  const { t } = useTranslation();
  const lang = useLang();
  return (
    <>
      <PageHead title={one.instrument ? pick(lang, one.instrument, "name") : one.name}
        lead={<span className="row tight"><StateMark state={one.state} /> · <span className="mono">{one.name}</span> · {one.model} · {protocolName(one.protocol)} · {t("devices.seen")} <Age at={one.seen_at} /></span>}
        tools={<Pulse />} />
      <div className="split">
        <div className="stack">
          <ChartPanel one={one} all={one.last} />
          <Runs name={one.name} />
        </div>
        <div className="stack">
          <section className="panel">
            <header><h2>{t("device.now")}</h2>{one.alarms > 0 && <ToneTag tone="fault">{t("devices.alarms", { count: one.alarms })}</ToneTag>}</header>
            <div className="panel-body stack" style={{ gap: 8 }}>
              <NowLine device={one} />
              {one.instrument && <Link to={`/instruments/${one.instrument.id}`}>{t("device.instrumentIs", { name: pick(lang, one.instrument, "name") })}</Link>}
              {one.boot && <span className="faint">{t("device.boot")} <span className="mono">{one.boot}</span></span>}
            </div>
          </section>
          {one.interlock && <Control lock={one.interlock} />}
          <Values values={one.last} />
        </div>
      </div>
    </>
  );
}

export function DevicePage() {
  const { name = "" } = useParams();
  useFeed();
  const found = useQuery(device(name));
  const known = found.data;
  useEffect(() => { if (known) record(known); }, [known]);
  if (known) return <Shown one={known} />;
  return <div className="panel">{found.isError ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Loading rows={10} />}</div>;
}
