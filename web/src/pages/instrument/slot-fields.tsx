/** A day, a start and an end, chosen from free time. */

import { DatePicker, Form, Select } from "antd";
import dayjs from "dayjs";
import { useTranslation } from "react-i18next";

import type { Calendar, Instrument } from "../../api/types";
import { useLang } from "../../i18n";
import { endsAfter, type Span, startsWithin } from "../../lib/slots";
import { addDays, dayFromKey, dayKey, formatClock, formatLength } from "../../lib/time";
import { useMinute } from "../../parts/now";

export function freeOf(calendar: Calendar | undefined): Span[] {
  return (calendar?.free ?? []).map((one) => ({ from: Date.parse(one.starts_at), to: Date.parse(one.ends_at) }));
}

export const iso = (instant: number): string => new Date(instant).toISOString();

export function SlotFields({ instrument, free, day, setDay, chosen, choose, name = "booking" }: {
  instrument: Instrument;
  free: Span[];
  day: string;
  setDay: (key: string) => void;
  chosen: Span | null;
  choose: (span: Span | null) => void;
  /** Tells its fields from those of another on the page. */
  name?: string;
}) {
  const { t } = useTranslation();
  const lang = useLang();
  const zone = instrument.time_zone;
  const rules = instrument.policy;
  const today = dayKey(useMinute(), zone);
  const lastDay = addDays(today, rules.horizon_days);
  const window = { from: dayFromKey(day, zone), to: dayFromKey(addDays(day, 1), zone) };
  const starts = startsWithin(free, window, rules);
  const ends = chosen ? endsAfter(free, chosen.from, rules) : [];
  // A slot drawn where there is no room is still shown, so that its problems can be.
  const startChoices = chosen && dayKey(chosen.from, zone) === day ? [...new Set([...starts, chosen.from])].sort((a, b) => a - b) : starts;
  const endChoices = chosen ? [...new Set([...ends, chosen.to])].sort((a, b) => a - b) : [];
  const endLabel = (at: number, from: number): string => {
    const other = dayKey(at, zone) === dayKey(from, zone) ? "" : " +1";
    return `${formatClock(at, zone)}${other} · ${formatLength(at - from, lang)}`;
  };
  const takeStart = (from: number): void => {
    const possible = endsAfter(free, from, rules);
    const length = chosen ? chosen.to - chosen.from : 0;
    const to = possible.find((one) => one - from >= length) ?? possible.at(-1);
    choose({ from, to: to ?? from + rules.length_min_minutes * 60_000 });
  };
  return (
    <>
      <Form.Item label={t("booking.date")} htmlFor={`${name}-date`}>
        <DatePicker id={`${name}-date`} style={{ width: "100%" }} value={dayjs(day)} allowClear={false}
          disabledDate={(one) => one.format("YYYY-MM-DD") < today || one.format("YYYY-MM-DD") > lastDay}
          onChange={(one) => { if (one) { setDay(one.format("YYYY-MM-DD")); choose(null); } }} />
      </Form.Item>
      <div style={{ display: "grid", gridTemplateColumns: "2fr 3fr", gap: 12 }}>
        <Form.Item label={t("booking.start")} htmlFor={`${name}-start`}>
          <Select id={`${name}-start`} className="num" value={chosen && dayKey(chosen.from, zone) === day ? chosen.from : null} onChange={(from: number) => takeStart(from)}
            placeholder="--:--" notFoundContent={t("booking.noStarts")}
            options={startChoices.map((at) => ({ value: at, label: formatClock(at, zone) }))} />
        </Form.Item>
        <Form.Item label={t("booking.end")} htmlFor={`${name}-end`}>
          <Select id={`${name}-end`} className="num" value={chosen ? chosen.to : null} disabled={!chosen} placeholder="--:--"
            onChange={(to: number) => chosen && choose({ from: chosen.from, to })}
            options={endChoices.map((at) => ({ value: at, label: chosen ? endLabel(at, chosen.from) : "" }))} />
        </Form.Item>
      </div>
    </>
  );
}
