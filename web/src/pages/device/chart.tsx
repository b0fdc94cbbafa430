/** The chart of one quantity with the runs beneath it. ECharts, loaded with this page only. */

import { BarChart, CustomChart, LineChart } from "echarts/charts";
import { DataZoomComponent, GridComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";

import type { Run, Series, StateSpan } from "../../api/types";
import { formatUnit, formatValue } from "../../lib/live";
import { DAY, formatClock, formatClockSeconds, formatDay, HOUR, type Lang } from "../../lib/time";
import { BRAND, FONT } from "../../theme";

echarts.use([LineChart, CustomChart, BarChart, GridComponent, TooltipComponent, DataZoomComponent, SVGRenderer]);

const BAND_TOP = 266;
const ROW_HEIGHT = 18;

const PHASE_COLOURS: Record<string, string> = {
  warm_up: "#e49a17",
  run: "#22a55b",
  cool_down: "#4f8fb3",
  fault: "#d92d20",
  idle: "#cfd8de",
};

interface Bar {
  from: number;
  to: number;
  row: 0 | 1 | 2;
  colour: string;
}

/** Runs in the lowest row of the band, the phases the device told above, what was reserved on top. */
function barsOf(d: Drawing): Bar[] {
  const clip = (from: string, to: string | null): [number, number] => [
    Math.max(Date.parse(from), d.from),
    Math.min(to ? Date.parse(to) : d.to, d.to),
  ];
  const runs = d.runs.map((run): Bar => {
    const [from, to] = clip(run.started_at, run.ended_at);
    return { from, to, row: 0, colour: run.ended_at ? "#8fcfa9" : "#22a55b" };
  });
  const states = d.states.map((one): Bar => {
    const [from, to] = clip(one.from, one.to);
    return { from, to, row: 1, colour: PHASE_COLOURS[one.phase ?? one.state] ?? "#eef2f4" };
  });
  const booked = (d.booked ?? []).map((one): Bar => ({ from: Math.max(one.from, d.from), to: Math.min(one.to, d.to), row: 2, colour: BRAND }));
  return [...booked, ...states, ...runs].filter((bar) => bar.to > bar.from);
}

interface Drawing {
  series: Series;
  live: readonly (readonly [number, number])[];
  runs: Run[];
  states: StateSpan[];
  /** What was reserved over the same time; without it the band has no row for it. */
  booked?: { from: number; to: number }[];
  from: number;
  to: number;
  zone: string;
  lang: Lang;
  words: { min: string; mean: string; max: string; band: string; states: string; booked: string };
}

type Row = [at: number, value: number | null];

/** A hole between two points much longer than usual is drawn as a hole. */
function withHoles(rows: Row[], gap: number): Row[] {
  return rows.flatMap((row, index) => {
    const before = rows[index - 1];
    return before && row[0] - before[0] > gap ? [[before[0] + 1, null] as Row, row] : [row];
  });
}

function options(d: Drawing): echarts.EChartsCoreOption {
  const stored = d.series.points;
  const last = stored.at(-1)?.[0] ?? -Infinity;
  const fresh = d.live.filter(([at]) => at > last + d.series.bucket_s * 1000 && at >= d.from);
  const gap = Math.max(d.series.bucket_s * 1000 * 3, 90_000);
  const mean = withHoles([...stored.map((one): Row => [one[0], one[2]]), ...fresh.map((one): Row => [one[0], one[1]])], gap);
  const low = withHoles(stored.map((one): Row => [one[0], one[1]]), gap);
  const band = withHoles(stored.map((one): Row => [one[0], one[1] === null || one[3] === null ? null : one[3] - one[1]]), gap);
  const bars = barsOf(d);
  const rows = [d.words.band, d.words.states, ...(d.booked ? [d.words.booked] : [])];
  const unit = formatUnit(d.series.unit);
  const long = d.to - d.from > DAY;
  const axisTime = (at: number): string => (long ? formatDay(at, d.zone, d.lang).replace(/ .*/, "") + "\n" + formatClock(at, d.zone) : d.to - d.from <= HOUR ? formatClockSeconds(at, d.zone) : formatClock(at, d.zone));
  const ground = { showSymbol: false, lineStyle: { width: 0 }, silent: true, stack: "range", type: "line" as const };
  return {
    animation: false,
    textStyle: { fontFamily: FONT },
    grid: [
      { left: 64, right: 20, top: 16, height: 220 },
      { left: 64, right: 20, top: BAND_TOP, height: rows.length * ROW_HEIGHT },
    ],
    tooltip: {
      trigger: "axis",
      renderMode: "richText", // HTML with style attributes would not pass the policy
      axisPointer: { type: "line", link: [{ xAxisIndex: "all" }] },
      formatter: (found: unknown) => {
        const points = found as { axisValue: number; seriesId: string; data: Row }[];
        const at = points[0]?.axisValue ?? 0;
        const bucket = stored.find((one) => one[0] === at);
        const lines = [`${formatDay(at, d.zone, d.lang)} ${formatClockSeconds(at, d.zone)}`];
        const value = points.find((one) => one.seriesId === "mean")?.data[1];
        lines.push(`${d.words.mean} ${formatValue(value)} ${unit}`);
        if (bucket && bucket[1] !== bucket[3]) lines.push(`${d.words.min} ${formatValue(bucket[1])} · ${d.words.max} ${formatValue(bucket[3])}`);
        return lines.join("\n");
      },
    },
    xAxis: [
      { type: "time", min: d.from, max: d.to, axisLabel: { formatter: axisTime, color: "#4a5965", hideOverlap: true }, axisLine: { lineStyle: { color: "#cfd8de" } }, splitLine: { show: true, lineStyle: { color: "#f0f3f5" } } },
      { type: "time", gridIndex: 1, min: d.from, max: d.to, axisLabel: { show: false }, axisTick: { show: false }, axisLine: { show: false }, splitLine: { show: false } },
    ],
    yAxis: [
      { type: "value", name: unit, nameGap: 6, nameTextStyle: { align: "right", color: "#4a5965" }, scale: true, axisLabel: { color: "#4a5965", formatter: (value: number) => formatValue(value) }, splitLine: { lineStyle: { color: "#e9eef1" } } },
      { type: "category", gridIndex: 1, data: rows, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { color: "#4a5965" } },
    ],
    dataZoom: [{ type: "inside", xAxisIndex: [0, 1], filterMode: "none", zoomOnMouseWheel: "ctrl" }],
    series: [
      { ...ground, id: "low", data: low },
      { ...ground, id: "band", data: band, areaStyle: { color: BRAND, opacity: 0.14 } },
      { type: "line", id: "mean", data: mean, showSymbol: false, connectNulls: false, lineStyle: { width: 1.8, color: BRAND }, itemStyle: { color: BRAND }, emphasis: { disabled: true } },
      {
        type: "custom", id: "runs", xAxisIndex: 1, yAxisIndex: 1, silent: true,
        data: bars.map((bar) => [bar.from, bar.to, bar.row]),
        renderItem: (found: { dataIndex: number }, api: { value: (n: number) => number; coord: (at: [number, number]) => [number, number] }) => {
          const [x] = api.coord([api.value(0), 0]);
          const [end] = api.coord([api.value(1), 0]);
          const y = BAND_TOP + (rows.length - 1 - api.value(2)) * ROW_HEIGHT;
          return { type: "rect", shape: { x, y: y + 2, width: Math.max(2, end - x), height: ROW_HEIGHT - 4, r: 2 }, style: { fill: bars[found.dataIndex]?.colour } };
        },
      },
    ],
  };
}

export function SeriesChart(props: Omit<Drawing, "words"> & { label: string }) {
  const { t } = useTranslation();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  useEffect(() => {
    if (!place.current) return undefined;
    const made = echarts.init(place.current, null, { renderer: "svg" });
    chart.current = made;
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    const words = { min: t("device.min"), mean: t("device.mean"), max: t("device.max"), band: t("device.band"), states: t("device.states"), booked: t("lease.booked") };
    chart.current?.setOption(options({ ...props, words }), { replaceMerge: ["series"] });
  });
  const { series, live } = props;
  return <div className={props.booked ? "chart booked" : "chart"} ref={place} role="img" aria-label={props.label} data-points={series.points.length + live.length} data-last={live.at(-1)?.[0] ?? series.points.at(-1)?.[0]} />;
}
