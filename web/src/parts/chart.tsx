/** A picture drawn by ECharts, loaded with the pages that show one. What it says stands beside it in words. */

import { BarChart, LineChart, PieChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { useEffect, useEffectEvent, useRef } from "react";

import { FONT } from "../theme";

echarts.use([BarChart, LineChart, PieChart, GridComponent, LegendComponent, TooltipComponent, SVGRenderer]);

export const CHART_COLOURS = ["#0f5a7a", "#22a55b", "#e49a17", "#7b5ea7", "#4f8fb3", "#b5651d", "#17736f", "#a33b5e"];
export const AXIS = { axisLabel: { color: "#4a5965" }, axisLine: { lineStyle: { color: "#cfd8de" } }, splitLine: { lineStyle: { color: "#e9eef1" } } };

export function Chart({ options, label, height, choose }: {
  options: echarts.EChartsCoreOption;
  label: string;
  height: number;
  /** Called with the place of a drawn item in its series, when it is clicked. */
  choose?: (index: number) => void;
}) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<echarts.ECharts | null>(null);
  const clicked = useEffectEvent((index: number) => choose?.(index));
  useEffect(() => {
    if (!place.current) return undefined;
    const made = echarts.init(place.current, null, { renderer: "svg" });
    chart.current = made;
    made.on("click", (found) => clicked(found.dataIndex));
    const watch = new ResizeObserver(() => made.resize());
    watch.observe(place.current);
    return () => {
      watch.disconnect();
      made.dispose();
      chart.current = null;
    };
  }, []);
  useEffect(() => {
    // HTML with style attributes would not pass the policy, so tooltips are drawn as text.
    chart.current?.setOption({ animation: false, textStyle: { fontFamily: FONT }, color: CHART_COLOURS, ...options }, { notMerge: true });
  });
  return <div ref={place} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}
