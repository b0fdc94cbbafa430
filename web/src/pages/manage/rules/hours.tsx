/** Opening hours by weekday, dearer hours beside them, and days that are different. */

import { Alert, Button, Checkbox, DatePicker, Input, InputNumber, Popconfirm } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useLang } from "../../../i18n";
import { formatDayKey } from "../../../lib/time";
import { clockOf, isSound, type Line, toLines, toWindows, type Window } from "../../../lib/week";
import { useActing } from "../../../parts/acting";
import { Problems } from "../../../parts/refusal";
import { forgetSpecialDay, putHours, putSpecialDay, type SpecialDay } from "./asked";
import { SpanFields, WeekdaysSelect } from "./line-fields";

const TOUCHES = ["opening-hours", "lab-calendar", "calendar", "instrument"];
const WORKING: Line = { weekdays: [1, 2, 3, 4, 5], opens_s: 8 * 3600, closes_s: 17 * 3600, is_extended: false, surcharge_permille: 0 };
const EVENING: Line = { weekdays: [1, 2, 3, 4, 5], opens_s: 17 * 3600, closes_s: 21 * 3600, is_extended: true, surcharge_permille: 500 };

function LineRow({ line, number, change, remove }: { line: Line; number: number; change: (line: Line) => void; remove: () => void }) {
  const { t } = useTranslation();
  const label = t("rules.line", { number });
  return (
    <li className="row window" data-line={number}>
      <WeekdaysSelect value={line.weekdays} change={(weekdays) => change({ ...line, weekdays })} label={`${label} ${t("rules.weekdays")}`} />
      <SpanFields from={line.opens_s} to={line.closes_s} change={(opens_s, closes_s) => change({ ...line, opens_s, closes_s })} label={label} />
      <Checkbox checked={line.is_extended} onChange={(event) => change({ ...line, is_extended: event.target.checked, surcharge_permille: event.target.checked ? line.surcharge_permille || 500 : 0 })}>{t("rules.extended")}</Checkbox>
      {line.is_extended && <InputNumber<number> min={0} max={1000} precision={1} prefix="+" suffix="%" value={line.surcharge_permille / 10} aria-label={`${label} ${t("rules.surcharge")}`} onChange={(percent) => change({ ...line, surcharge_permille: Math.round((percent ?? 0) * 10) })} style={{ width: 120 }} />}
      <Button type="text" danger onClick={remove} aria-label={`${t("manage.remove")} ${label}`}>{t("manage.remove")}</Button>
      {!isSound(line) && <span className="unfit" role="alert">{t("rules.unsound")}</span>}
    </li>
  );
}

/** The lines are the page's, so that the picture shows them before they are saved. */
export function HoursEditor({ instrument, said, windows, change }: { instrument: string | null; said: Window[]; windows: Line[]; change: (lines: Line[]) => void }) {
  const { t } = useTranslation();
  const saving = useActing(() => putHours(instrument, toWindows(windows)), { touches: TOUCHES, said: t("manage.saved") });
  const isChanged = JSON.stringify(toWindows(windows)) !== JSON.stringify(toWindows(toLines(said)));
  return (
    <section className="panel" aria-label={t("rules.hours")}>
      <header><h2>{t("rules.hours")}</h2><span className="soft">{t(windows.length > 0 ? "rules.hoursLead" : instrument ? "rules.hoursInherited" : "rules.hoursAlways")}</span></header>
      <div className="panel-body stack">
        <ul className="stack" style={{ gap: 10 }}>
          {windows.map((line, index) => <LineRow key={index} line={line} number={index + 1} change={(next) => change(windows.map((each, at) => (at === index ? next : each)))} remove={() => change(windows.filter((_, at) => at !== index))} />)}
        </ul>
        {saving.isError && <Alert type="error" showIcon title={<Problems error={saving.error} />} />}
        <div className="row">
          <Button onClick={() => change([...windows, WORKING])}>{t("rules.addRegular")}</Button>
          <Button onClick={() => change([...(windows.length > 0 ? windows : [WORKING]), EVENING])}>{t("rules.addExtended")}</Button>
          <Button type="primary" disabled={!isChanged || !windows.every(isSound)} loading={saving.isPending} onClick={() => saving.mutate(undefined)}>{t("rules.saveHours")}</Button>
          {isChanged && <Button type="text" onClick={() => change(toLines(said))}>{t("rules.undo")}</Button>}
        </div>
      </div>
    </section>
  );
}

function NewSpecialDay({ instrument }: { instrument: string | null }) {
  const { t } = useTranslation();
  const [day, setDay] = useState<Dayjs | null>(null);
  const [reason, setReason] = useState("");
  const [isShut, shut] = useState(true);
  const [[from, to], setSpan] = useState<[number, number]>([8 * 3600, 17 * 3600]);
  const [percent, setPercent] = useState(0);
  const adding = useActing(
    () => putSpecialDay(instrument, { day: day?.format("YYYY-MM-DD") ?? "", reason: reason.trim(), items: isShut ? [] : [{ opens_s: from, closes_s: to, surcharge_permille: Math.round(percent * 10) }] }),
    { touches: TOUCHES, said: t("manage.saved"), then: () => { setDay(null); setReason(""); } },
  );
  return (
    <div className="row window">
      <DatePicker value={day} onChange={(next) => setDay(Array.isArray(next) ? null : next)} aria-label={t("rules.day")} placeholder={t("rules.day")} />
      <Input value={reason} maxLength={200} placeholder={t("rules.reasonHint")} aria-label={t("rules.reason")} onChange={(event) => setReason(event.target.value)} style={{ width: 200 }} />
      <Checkbox checked={isShut} onChange={(event) => shut(event.target.checked)}>{t("rules.shutAllDay")}</Checkbox>
      {!isShut && <SpanFields from={from} to={to} change={(a, b) => setSpan([a, b])} label={t("rules.specialDays")} />}
      {!isShut && <InputNumber<number> min={0} max={1000} precision={1} prefix="+" suffix="%" value={percent} aria-label={t("rules.surcharge")} onChange={(value) => setPercent(value ?? 0)} style={{ width: 120 }} />}
      <Button disabled={!day || (!isShut && from >= to)} loading={adding.isPending} onClick={() => adding.mutate(undefined)}>{t("rules.addSpecial")}</Button>
      {adding.isError && <Alert type="error" showIcon title={<Problems error={adding.error} />} />}
    </div>
  );
}

export function SpecialDays({ instrument, found }: { instrument: string | null; found: SpecialDay[] }) {
  const { t } = useTranslation();
  const lang = useLang();
  const forgetting = useActing((day: string) => forgetSpecialDay(instrument, day), { touches: TOUCHES, said: t("manage.saved") });
  const days = [...new Set(found.map((one) => one.day))].sort();
  const words = (one: SpecialDay): string => (one.opens_s === null || one.closes_s === null ? t("rules.shut") : `${clockOf(one.opens_s)}–${clockOf(one.closes_s)}${one.surcharge_permille > 0 ? ` +${one.surcharge_permille / 10} %` : ""}`);
  return (
    <section className="panel" aria-label={t("rules.specialDays")}>
      <header><h2>{t("rules.specialDays")}</h2><span className="soft">{t("rules.specialLead")}</span></header>
      <div className="panel-body stack">
        {days.length === 0 ? <p className="soft">{t("rules.noSpecial")}</p> : (
          <ul className="stack" style={{ gap: 6 }}>
            {days.map((day) => {
              const of = found.filter((one) => one.day === day);
              return (
                <li key={day} className="row" data-special={day}>
                  <b className="num">{formatDayKey(day, lang)} {day.slice(0, 4)}</b><span className="num">{of.map(words).join("、")}</span><span className="soft">{of[0]?.reason}</span>
                  <Popconfirm title={t("rules.forgetSure")} okText={t("manage.remove")} cancelText={t("manage.cancel")} onConfirm={() => forgetting.mutate(day)}><Button size="small" danger aria-label={`${t("manage.remove")} ${day}`}>{t("manage.remove")}</Button></Popconfirm>
                </li>
              );
            })}
          </ul>
        )}
        <NewSpecialDay instrument={instrument} />
      </div>
    </section>
  );
}
