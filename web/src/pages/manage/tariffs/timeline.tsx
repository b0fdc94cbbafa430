/** Every version of a price over time: drawn as a line that only steps, and said in rows. */

import { useTranslation } from "react-i18next";

import { useLang } from "../../../i18n";
import { formatFen } from "../../../lib/money";
import { DAY, formatClock, formatDate, formatLength } from "../../../lib/time";
import { AXIS, Chart } from "../../../parts/chart";
import { ToneTag } from "../../../parts/marks";
import { Table } from "../../../parts/table";
import { Wide } from "../../../parts/wide";
import type { Version } from "./asked";

const SHOWN_BEFORE = 365 * DAY;
const SHOWN_AFTER = 60 * DAY;

function stepsOf(all: Version[], now: number): [number, number][] {
  const first = now - SHOWN_BEFORE;
  const rising = [...all].sort((a, b) => a.version - b.version);
  const steps = rising.map((one): [number, number] => [Math.max(Date.parse(one.valid_from), first), one.per_hour_fen / 100]);
  const last = steps.at(-1);
  return last ? [...steps, [Math.max(last[0], now) + SHOWN_AFTER, last[1]]] : [];
}

export function Timeline({ all, now, zone }: { all: Version[]; now: number; zone: string }) {
  const { t } = useTranslation();
  const lang = useLang();
  const steps = stepsOf(all, now);
  const current = all.find((one) => one.is_current);
  const words = current ? t("tariffs.timelineWords", { version: current.version, price: formatFen(current.per_hour_fen), count: all.length }) : t("tariffs.noneCurrent");
  const state = (one: Version): "current" | "coming" | "over" => (one.is_current ? "current" : Date.parse(one.valid_from) > now ? "coming" : "over");
  const at = (text: string): string => `${formatDate(Date.parse(text), zone, lang)} ${formatClock(Date.parse(text), zone)}`;
  const tones = { current: "running", coming: "accent", over: "idle" } as const;
  return (
    <section className="panel" aria-label={t("tariffs.versions")}>
      <header><h2>{t("tariffs.versions")}</h2><span className="soft">{words}</span></header>
      <div className="panel-body stack">
        {all.length === 0 ? <p className="soft">{t("tariffs.none")}</p> : (
          <>
            <Chart label={words} height={150} options={{
              grid: { left: 56, right: 16, top: 12, bottom: 26 },
              tooltip: { trigger: "axis", renderMode: "richText", formatter: (found: unknown) => { const [point] = found as { data: [number, number] }[]; return point ? `${formatDate(point.data[0], zone, lang)}  ${formatFen(Math.round(point.data[1] * 100))}${t("common.perHour")}` : ""; } },
              xAxis: { type: "time", ...AXIS, axisLabel: { ...AXIS.axisLabel, hideOverlap: true, formatter: (at: number) => formatDate(at, zone, lang) } },
              yAxis: { type: "value", min: 0, ...AXIS, axisLabel: { ...AXIS.axisLabel, formatter: "¥{value}" }, splitNumber: 3 },
              series: [{ type: "line", step: "end", data: steps, symbolSize: 7, lineStyle: { width: 2.5 }, areaStyle: { opacity: 0.08 } }],
            }} />
            <Wide label={t("tariffs.versions")} width={720}>
              <Table<Version> size="small" rowKey="id" pagination={{ pageSize: 8, hideOnSinglePage: true, showSizeChanger: false }} dataSource={all}
                columns={[
                  { title: t("tariffs.version"), key: "version", render: (_, one) => <span className="row tight"><b className="num">{one.version}</b><ToneTag tone={tones[state(one)]}>{t(`tariffs.is.${state(one)}`)}</ToneTag></span> },
                  { title: t("tariffs.holds"), key: "holds", render: (_, one) => <span className="num">{at(one.valid_from)} – {one.valid_to ? at(one.valid_to) : t("tariffs.onwards")}</span> },
                  { title: t("tariffs.perHour"), key: "price", align: "right", render: (_, one) => <span className="num nowrap">{formatFen(one.per_hour_fen, one.currency)}</span> },
                  { title: t("tariffs.least"), key: "least", align: "right", render: (_, one) => <span className="num nowrap">{one.billed_min_s > 0 ? formatLength(one.billed_min_s * 1000, lang) : "—"}</span> },
                  { title: t("tariffs.step"), key: "step", align: "right", render: (_, one) => <span className="num nowrap">{formatLength(one.billed_step_s * 1000, lang)}</span> },
                  { title: t("tariffs.floor"), key: "floor", align: "right", render: (_, one) => <span className="num nowrap">{one.minimum_fen > 0 ? formatFen(one.minimum_fen, one.currency) : "—"}</span> },
                  { title: t("tariffs.by"), key: "by", render: (_, one) => one.made_by ?? t("tariffs.platform") },
                ]} />
            </Wide>
          </>
        )}
      </div>
    </section>
  );
}
