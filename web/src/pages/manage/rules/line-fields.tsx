/** Weekdays with a time of day on them: what opening hours, peaks and shifts are said with. */

import { Select } from "antd";
import { useTranslation } from "react-i18next";

import { useLang } from "../../../i18n";
import { clockOf, clockTimes } from "../../../lib/week";

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const;

export function useWeekdayName(): (weekday: number) => string {
  const lang = useLang();
  return (weekday) => (lang === "zh" ? `周${"一二三四五六日"[weekday - 1] ?? ""}` : ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][weekday - 1] ?? "");
}

export function WeekdaysSelect({ value, change, label }: { value: number[]; change: (days: number[]) => void; label: string }) {
  const name = useWeekdayName();
  return <Select<number[]> mode="multiple" value={value} aria-label={label} onChange={(days) => change([...days].sort((a, b) => a - b))} options={WEEKDAYS.map((day) => ({ value: day, label: name(day) }))} style={{ minWidth: 220, flex: "1 1 220px" }} maxTagCount="responsive" />;
}

export function TimeSelect({ value, change, label }: { value: number; change: (seconds: number) => void; label: string }) {
  return <Select<number> showSearch={{ optionFilterProp: "label" }} className="num" value={value} aria-label={label} onChange={change} options={clockTimes(value).map((at) => ({ value: at, label: clockOf(at) }))} style={{ width: 96 }} />;
}

export function SpanFields({ from, to, change, label }: { from: number; to: number; change: (from: number, to: number) => void; label: string }) {
  const { t } = useTranslation();
  return (
    <span className="row tight">
      <TimeSelect value={from} change={(at) => change(at, to)} label={`${label} ${t("rules.opens")}`} />
      <span aria-hidden="true">–</span>
      <TimeSelect value={to} change={(at) => change(from, at)} label={`${label} ${t("rules.closes")}`} />
    </span>
  );
}
